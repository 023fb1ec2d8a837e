import Glibc
import Testbed
import Testing

@testable import VirtualSwitch

/// Which sockets bridges take for controllers.
@Suite struct SocketConfinementTests {
    /// Runs a body with a run directory that a link leads to as well, and a directory in it.
    private func refusals(of targets: [String]) -> [Bool] {
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let root = directory.path
        for directory in ["/run", "/run/inner", "/runaway"] { mkdir(root + directory, 0o755) }
        symlink(root + "/run", root + "/link")
        let confinement = SocketConfinement(runDirectory: root + "/run")
        return targets.map {
            confinement.refusal(of: $0.replacing("ROOT", with: root), bridge: "br0") != nil
        }
    }

    @Test func whatIsInTheRunDirectoryIsTaken() {
        let targets = [
            "tcp:127.0.0.1:6653", "pssl:6653", "unix:ROOT/run/x", "unix:ROOT//run//x", "unix:ROOT/run/inner/x",
            "unix:ROOT/link/x", "unix:x", "punix:ROOT/run/br0.x", "punix:ROOT/link/br0.controller",
        ]
        #expect(refusals(of: targets) == targets.map { _ in false })
    }

    @Test func whatIsElsewhereIsRefused() {
        let targets = [
            "unix:ROOT/x", "unix:ROOT/runaway/x", "unix:/tmp/x", "unix:./x", "unix:ROOT/run/../x", "unix:/x",
            "unix:ROOT/nowhere/x", "punix:ROOT/br0.x", "punix:ROOT/run/br1.x", "punix:ROOT/run/inner/br0.x",
            "punix:br0.x", "punix:ROOT/run/db.sock", "punix:ROOT/run/br0", "punix:ROOT/run/br0.a/b",
        ]
        #expect(refusals(of: targets) == targets.map { _ in true })
    }
}
