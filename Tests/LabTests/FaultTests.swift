import Glibc
import Lab
import Linux
import Testbed
import Testing
import Topology

/// Labs on machines that lack something. Each is started by a shell in a mount namespace of its own that hides it.
@Suite(.serialized, .enabled(if: LabMeans.areThere, Comment(rawValue: LabMeans.missing ?? "")))
struct FaultTests {
    /// Starts `rookery-lab` as the launcher does, after a shell has prepared things; returns its last reply's line.
    private func start(_ name: String, after preparation: String, as prefix: String = "") throws -> String {
        var topology = try BuiltinTopology("minimal").topology()
        topology.name = name
        try AddressPlan().fill(&topology)
        let json = try ControlMessage.line(topology)
        let input = try Pipe()
        let (ours, theirs) = try UnixSocket.pair { (a, b) throws(SystemError) in Ends(a.release(), b.release()) }.both
        let output = FileDescriptor(owning: ours)
        let script = "\(preparation) && exec \(prefix) '\(LabMeans.supervisor)' \(name)"
        var spawn = Spawn("unshare", ["unshare", "--mount", "--net", "sh", "-c", script])
        spawn.descriptors = [(input.readEnd.rawValue, 0), (theirs, 2), (theirs, 3)]
        let process = try spawn.start()
        close(theirs)
        try input.split { (readEnd, writeEnd) throws(SystemError) in
            try readEnd.close()
            try writeEnd.writeAll(json)
        }
        var text = ""
        var chunk = [UInt8](repeating: 0, count: 4096)
        // A lab that is up goes on running.
        while !text.contains("{\"done\":{}}") {
            let count = read(output.rawValue, &chunk, chunk.count)
            if count <= 0 { break }
            text += String(decoding: chunk[..<count], as: UTF8.self)
        }
        // Up or not, it ends in good order.
        try process.signal(SIGTERM)
        _ = try process.wait()
        return text
    }

    private struct Ends {
        let both: (Int32, Int32)
        init(_ a: Int32, _ b: Int32) { both = (a, b) }
    }

    private func withDirectory(_ body: (String) throws -> Void) throws {
        let directory = TemporaryDirectory()
        chmod(directory.path, 0o755)
        try withExtendedLifetime(directory) { try body(directory.path) }
    }

    @Test func aFullDiskIsAnErrorAndLeavesNothing() throws {
        try withDirectory { path in
            let answer = try start(
                "full",
                after: """
                    mount -t tmpfs -o size=16k tmpfs \(path) && export ROOKERY_RUN_DIR=\(path) \
                    && head -c 12288 /dev/zero > \(path)/filler
                    """)
            #expect(answer.contains("No space left on device"))
            #expect(!answer.contains("{\"done\":{}}"))
        }
    }

    @Test func aRunDirectoryThatCannotBeWrittenIsNamed() throws {
        try withDirectory { path in
            let answer = try start(
                "read-only", after: "export ROOKERY_RUN_DIR=\(path) && mount -t tmpfs -o ro tmpfs \(path)")
            #expect(answer.contains("\(path)/read-only"))
            #expect(answer.contains("Read-only file system"))
        }
    }

    @Test func aMachineWithoutTAPsIsToldWhatToDo() throws {
        try withDirectory { path in
            let answer = try start(
                "no-tun", after: "export ROOKERY_RUN_DIR=\(path) && mount -t tmpfs tmpfs /dev/net")
            #expect(answer.contains("/dev/net/tun"))
            #expect(answer.contains("modprobe tun"))
            #expect(try File.list(path).isEmpty)
        }
    }

    @Test func withoutRootALabNeedsAccessToTAPs() throws {
        try withDirectory { path in
            chmod(path, 0o777)
            let answer = try start(
                "forbidden",
                // Whatever the machine allows (Debian's udev: everybody).
                after: "export ROOKERY_RUN_DIR=\(path) && mount -t tmpfs tmpfs /dev/net"
                    + " && mknod -m 600 /dev/net/tun c 10 200",
                as: "setpriv --reuid=65534 --regid=65534 --clear-groups")
            #expect(answer.contains("failed"))
            #expect(answer.contains("chmod 666 /dev/net/tun") || answer.contains("user namespace"))
            #expect(try File.list(path).isEmpty)
        }
    }

    @Test func aLabComesUpWithoutRoot() throws {
        try withDirectory { path in
            chmod(path, 0o777)
            let answer = try start(
                "rootless",
                after: """
                    export ROOKERY_RUN_DIR=\(path) && mount -t tmpfs tmpfs /dev/net \
                    && mknod -m 666 /dev/net/tun c 10 200
                    """,
                as: "setpriv --reuid=65534 --regid=65534 --clear-groups")
            #expect(answer.contains("{\"done\":{}}"), "\(answer)")
            #expect(try File.list(path).isEmpty)
        }
    }
}
