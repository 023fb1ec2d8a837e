import OVSDB
import Streams

// The socket that ovs-appctl talks to (ovs-appctl(8), "unixctl"): JSON-RPC on a unix stream, each request a command name
// with string parameters, each reply a text in "result" or "error".

/// A control socket that answers by `commands`. It lives on its hub's thread.
public final class ControlSocket {
    private let listener: StreamHub.Listener
    /// Requests larger than this end the connection.
    private static let requestLimit = 1 << 20
    /// Who asks again while this much waits for him to read it is not reading.
    private static let replyLimit = 64 << 20

    /// Listens at `path`. Not to be called on the hub's thread.
    /// - Parameter commands: used on the hub's thread only from now on.
    public init(path: String, hub: StreamHub, commands: ControlCommands) throws(StreamError) {
        nonisolated(unsafe) let commands = commands
        listener = try hub.listen(.listenUnix(path: path)) { stream in
            let session = Session(stream, commands)
            stream.onRead = { session.received($0) }
        }
    }

    /// Stops listening and removes the socket's file.
    public func close() { listener.close() }

    private final class Session {
        private unowned let stream: StreamConnection
        private let commands: ControlCommands
        private var input = JSONStream(limit: ControlSocket.requestLimit)

        init(_ stream: StreamConnection, _ commands: ControlCommands) {
            self.stream = stream
            self.commands = commands
        }

        func received(_ bytes: UnsafeRawBufferPointer) {
            input.append(bytes)
            do {
                while let request = try input.next({ try? JSONParser.parse($0) }) {
                    guard let request, stream.pendingByteCount < ControlSocket.replyLimit else {
                        return stream.close(discardingOutput: true)
                    }
                    handle(request)
                }
            } catch {
                stream.close(discardingOutput: true)
            }
        }

        private func handle(_ request: JSONValue) {
            guard let method = request["method"]?.string, let id = request["id"], !id.isNull else { return }
            var arguments: [String] = []
            for value in request["params"]?.array ?? [] {
                guard let text = value.string else {
                    return reply(id, .failure(ControlFailure("\(method): arguments must be strings")))
                }
                arguments.append(text)
            }
            switch commands.run(method, arguments) {
            case .text(let text): reply(id, .success(text))
            case .failure(let text): reply(id, .failure(ControlFailure(text)))
            case .later(let start):
                let stream = stream
                start { result in Self.send(id, result, to: stream) }
            }
        }

        private func reply(_ id: JSONValue, _ result: Result<String, ControlFailure>) {
            Self.send(id, result, to: stream)
        }

        private static func send(
            _ id: JSONValue, _ result: Result<String, ControlFailure>, to stream: StreamConnection
        ) {
            // ovs-appctl prints the text as it is; every text ends its last line.
            func ended(_ text: String) -> JSONValue { .string(text.isEmpty || text.last == "\n" ? text : text + "\n") }
            let reply: JSONValue =
                switch result {
                case .success(let text): ["id": id, "result": ended(text), "error": .null]
                case .failure(let failure): ["id": id, "result": .null, "error": ended(failure.text)]
                }
            stream.write(reply.bytes())
        }
    }
}
