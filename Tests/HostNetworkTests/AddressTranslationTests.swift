import Glibc
import Linux
import Testing
import Wire

@testable import HostNetwork

@Suite struct AddressTranslationTests {
    private static var hasNFT: Bool { File.exists("/usr/sbin/nft") || File.exists("/sbin/nft") }

    @Test(.enabled(if: geteuid() == 0 && hasNFT, "needs root and nft"))
    func leavesNothingBehind() throws {
        let thread = try NamespaceThread()
        let subnet = try #require(IPv4Prefix("10.0.0.0/8"))
        let path = "/proc/sys/net/ipv4/ip_forward"
        try thread.run { () throws(SystemError) in
            try Namespace.unshare(.network)
            let before = try File.readText(path)
            do throws(AddressTranslationError) {
                let translation = try AddressTranslation.start(subnet: subnet, interface: "nat0", label: "test")
                #expect(translation.undo == [["nft", "delete table ip rookery_test"]])
                #expect(Self.status(["nft", "list", "table", "ip", "rookery_test"]) == 0)
                do throws(SystemError) { #expect(try File.readText(path) == "1\n") } catch { Issue.record(error) }
                translation.stop()
                #expect(Self.status(["nft", "list", "table", "ip", "rookery_test"]) != 0)
            } catch {
                Issue.record(error)
            }
            #expect(try File.readText(path) == before)
        }
    }

    private static func status(_ command: [String]) -> Int32 {
        var spawn = Spawn(command[0], command)
        do {
            let quiet = try File.open("/dev/null", O_RDWR)
            spawn.descriptors = (0...2).map { (parent: quiet.rawValue, child: $0) }
            return try spawn.start().wait().shellStatus
        } catch {
            return -1
        }
    }
}
