import Glibc
import Testbed
import Testing

@testable import Linux

@Suite struct DescriptorTests {
    @Test func closesWithItsOwner() throws {
        var number: Int32 = -1
        do {
            let file = try File.open("/dev/null")
            number = file.rawValue
            #expect(fcntl(number, F_GETFD) == FD_CLOEXEC)
        }
        // The number may be in use again by another test's thread, but then it is not this file.
        var status = stat()
        let gone = fstat(number, &status) < 0 || status.st_rdev != makedevNull
        #expect(gone)
    }

    private var makedevNull: UInt {
        var status = stat()
        stat("/dev/null", &status)
        return status.st_rdev
    }

    @Test func writesAtomicallyAndReadsBack() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/file"
        try File.writeAtomically(path, "one")
        try File.writeAtomically(path, "two", mode: 0o600)
        #expect(try File.readText(path) == "two")
        #expect(directory.names == ["file"])
    }

    @Test func namesThePathAndTheReason() {
        #expect {
            try File.writeAtomically("/no/such/directory/file", "x")
        } throws: { error in
            "\(error)" == "cannot write '/no/such/directory/file': No such file or directory"
        }
    }

    @Test func passesDescriptors() throws {
        try UnixSocket.pair { (left, right) throws(SystemError) in
            let pipe = try Pipe()
            let sent = try UnixSocket.send([1, 2, 3], descriptors: [pipe.writeEnd.rawValue], on: left)
            #expect(sent == 3)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 1)
            defer { buffer.deallocate() }
            let received = try UnixSocket.receive(into: buffer, on: right)
            #expect(received?.byteCount == 3)
            #expect(received?.descriptors.count == 1)
            let copy = FileDescriptor(owning: received!.descriptors[0])
            try copy.writeAll("through")
            #expect(String(decoding: try pipe.readEnd.read(upTo: 16), as: UTF8.self) == "through")
        }
    }

    @Test func listensInThePlaceOfADeadSocket() throws {
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path + "/socket"
        do { _ = try UnixSocket.listen(path) }
        let listener = try UnixSocket.listen(path)
        #expect(throws: SystemError.self) { _ = try UnixSocket.listen(path) }
        let client = try UnixSocket.connect(path)
        guard let server = try UnixSocket.accept(listener) else {
            Issue.record("nobody to accept")
            return
        }
        #expect(try UnixSocket.peer(server).user == geteuid())
        #expect(try UnixSocket.peer(client).process == getpid())
    }

    @Test func refusesATooLongSocketPath() {
        #expect {
            _ = try UnixSocket.listen("/tmp/" + String(repeating: "x", count: 120))
        } throws: { "\($0)".contains("at most 107 bytes") }
    }

    @Test func wakesAPollerByEvent() throws {
        let event = try EventDescriptor()
        let epoll = try Epoll()
        try epoll.add(event.rawValue, .readable, token: 42)
        #expect(epoll.wait(timeoutMilliseconds: 0) { _ in } == 0)
        event.signal()
        event.signal()
        var tokens: [UInt64] = []
        epoll.wait(timeoutMilliseconds: 1000) { tokens.append($0.token) }
        #expect(tokens == [42])
        #expect(event.drain() == 2)
    }
}
