import Glibc
import Linux
import Testbed
import Testing
import Wire

@testable import HostNetwork

@Suite struct AddressTranslationTests {
    @Test(.enabled(if: Machine.isRoot && Machine.has("nft"), "needs root and nft"))
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

    private static func status(_ command: [String]) -> Int32 { (try? ProgramRun(command).status) ?? -1 }
}
