import Linux
import OVSDB
import Streams

/// A client of a switch's control socket, as ovs-appctl is.
struct ControlClient {
    let path: String

    /// The socket of the switch whose run directory this is.
    init(runDirectory: String, target: String = "ovs-vswitchd") throws {
        let file = "\(runDirectory)/\(target).pid"
        guard let text = try? File.readText(file), let process = Int32(text.filter { !$0.isWhitespace }) else {
            throw CommandError(
                "there is no \(file)", remedy: "start rookery-switchd (or Open vSwitch), or name its --db unix:FILE")
        }
        path = "\(runDirectory)/\(target).\(process).ctl"
    }

    /// Runs a command and returns what it prints.
    func run(_ command: String, _ arguments: [String] = []) throws -> String {
        let stream: BlockingStream
        do {
            stream = try BlockingStream(.unix(path: path))
        } catch let error as StreamError {
            throw CommandError(error.description, remedy: "is the switch alive? rookery switch show")
        }
        let request: JSONValue = [
            "id": 0, "method": .string(command), "params": .array(arguments.map { .string($0) }),
        ]
        stream.write(request.bytes())
        var input = JSONStream(limit: 1 << 30)
        while true {
            if let parsed = try input.next({ bytes in Result { try JSONParser.parse(bytes) } }) {
                let answer = try parsed.get()
                if let error = answer["error"]?.string {
                    throw CommandError("the switch refuses \(command): \(error.split(separator: "\n").first ?? "")")
                }
                return answer["result"]?.string ?? ""
            }
            try stream.read { input.append($0) }
        }
    }
}
