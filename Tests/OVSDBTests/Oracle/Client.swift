import Glibc
import Linux
import OVSDB
import Testing

/// A client that says what a test says, to any server at a unix socket.
final class Client {
    private let socket: FileDescriptor
    private var stream = JSONStream(limit: 1 << 28)
    private var nextID: Int64 = 0

    private let path: String

    init(_ path: String) throws {
        self.path = path
        socket = try UnixSocket.connect(path)
    }

    func send(_ json: JSONValue) throws {
        var bytes = json.bytes()[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.send(socket.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 { throw SystemError("send", "\(path): \(json.text().prefix(500))") }
            bytes = bytes[(bytes.startIndex + count)...]
        }
    }

    /// The next message; nil at the stream's end.
    func receive(seconds: Int32 = 10) throws -> JSONValue? {
        while true {
            let parsed = try stream.next { text in Result { () throws(JSONError) in try JSONParser.parse(text) } }
            if let parsed { return try parsed.get() }
            var set = pollfd(fd: socket.rawValue, events: Int16(POLLIN), revents: 0)
            guard poll(&set, 1, seconds * 1000) > 0 else {
                throw SystemError("receive a message in \(seconds) seconds", code: .wouldBlock)
            }
            let bytes = (try? socket.read(upTo: 1 << 16)) ?? []
            if bytes.isEmpty { return nil }
            bytes.withUnsafeBytes { stream.append($0) }
        }
    }

    /// Sends a request and returns its reply; notifications that came before go to `notes`.
    func call(_ method: String, _ parameters: JSONValue, notes: inout [JSONValue]) throws -> JSONValue {
        let id = try request(method, parameters)
        while let message = try receive() {
            if message["id"] == .integer(id) { return message }
            notes.append(message)
        }
        throw SystemError("call \(method)", code: .brokenPipe)
    }

    func call(_ method: String, _ parameters: JSONValue) throws -> JSONValue {
        var notes: [JSONValue] = []
        let reply = try call(method, parameters, notes: &notes)
        #expect(notes.isEmpty)
        return reply
    }

    /// Sends a request and returns its number.
    @discardableResult
    func request(_ method: String, _ parameters: JSONValue) throws -> Int64 {
        nextID += 1
        try send(["method": .string(method), "params": parameters, "id": .integer(nextID)])
        return nextID
    }
}
