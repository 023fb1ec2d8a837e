import Glibc
import Testing

@testable import Linux

@Suite struct NamespaceThreadTests {
    @Test func runsInOrderAndReturnsResults() throws {
        let thread = try NamespaceThread(name: "test")
        let first = thread.run { CurrentThread.id }
        #expect(first == thread.run { CurrentThread.id })
        #expect(first != CurrentThread.id)
    }

    @Test func passesErrorsOn() throws {
        let thread = try NamespaceThread()
        #expect {
            _ = try thread.run { () throws(SystemError) in try File.read("/no/such/file") }
        } throws: { ($0 as? SystemError)?.code == .noSuchFile }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root to make namespaces"))
    func movesNoOtherThread() throws {
        let before = Namespace.identity(try Namespace.current(.network))
        let thread = try NamespaceThread()
        let inside = try thread.run { () throws(SystemError) -> UInt64 in
            try Namespace.unshare(.network)
            return Namespace.identity(try Namespace.current(.network))
        }
        #expect(inside != before)
        #expect(Namespace.identity(try Namespace.current(.network)) == before)
    }
}
