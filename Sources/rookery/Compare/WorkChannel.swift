import Glibc
import Linux

/// The line to a `rookery-work` that serves: a guest's console, or the pipes of a process.
final class WorkChannel {
    private static let mark = "work: "
    private let input: OwnedDescriptor
    private let output: OwnedDescriptor
    /// Readable when the user wants an end.
    private let endSignals: Int32
    private var bytes: [UInt8] = []

    /// - Parameters:
    ///   - input: where its answers come from.
    ///   - output: where requests go; the same descriptor for a socket.
    init(input: OwnedDescriptor, output: OwnedDescriptor, endSignals: Int32) {
        self.input = input
        self.output = output
        self.endSignals = endSignals
    }

    /// Waits until it says that it is there.
    /// - Parameter waiting: called some times a second.
    func waitUntilReady(patience seconds: Double, waiting: () -> Void = {}) throws {
        let line = try next(patience: seconds, waiting: waiting)
        guard line == "ready" else { throw CommandError("rookery-work says '\(line)' where it was to be ready") }
    }

    /// Has a work done.
    /// - Returns: its answer, and how long it took by this machine's clock, the way to and fro included.
    func ask(_ request: String, patience seconds: Double = 120) throws -> (answer: WorkAnswer, nanoseconds: UInt64) {
        let started = MonotonicClock.now()
        try output.descriptor.writeAll(request + "\n")
        let line = try next(patience: seconds)
        return (try WorkAnswer(line), MonotonicClock.now() &- started)
    }

    /// The next line that is an answer, without its mark: kernels speak on consoles, too.
    private func next(patience seconds: Double, waiting: () -> Void = {}) throws -> String {
        let deadline = MonotonicClock.now() + UInt64(seconds * 1e9)
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            while let end = bytes.firstIndex(of: 10) {
                let line = String(decoding: bytes[..<end].filter { $0 != 13 }, as: UTF8.self)
                bytes.removeSubrange(...end)
                if let mark = line.firstRange(of: Self.mark) { return String(line[mark.upperBound...]) }
            }
            var watched = [
                pollfd(fd: input.rawValue, events: Int16(POLLIN), revents: 0),
                pollfd(fd: endSignals, events: Int16(POLLIN), revents: 0),
            ]
            poll(&watched, 2, 100)
            waiting()
            if watched[1].revents != 0 { throw ProgramEnd(status: 130) }
            if watched[0].revents != 0 {
                let count = read(input.rawValue, &chunk, chunk.count)
                if count <= 0 { throw CommandError("what does the works has ended" + lastWords) }
                bytes += chunk[..<count]
            } else if MonotonicClock.now() > deadline {
                throw CommandError("no answer for \(decimal(seconds, 0)) s" + lastWords)
            }
        }
    }

    private var lastWords: String {
        let text = String(decoding: bytes.suffix(400), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).suffix(5).filter { !$0.isEmpty }
        return lines.isEmpty ? "" : "; its last words:\n" + lines.joined(separator: "\n")
    }
}
