import Board

/// The other end of a serial line, in a test's hands.
final class Terminal: ByteChannel {
    var onReadable: (() -> Void)?
    private(set) var output: [UInt8] = []
    private var input: [UInt8] = []

    var text: String { String(decoding: output, as: UTF8.self) }

    func write(_ bytes: [UInt8]) { output += bytes }

    func read(limit: Int) -> [UInt8] {
        let taken = Array(input.prefix(limit))
        input.removeFirst(taken.count)
        return taken
    }

    func type(_ bytes: [UInt8]) {
        input += bytes
        onReadable?()
    }

    func type(_ text: String) { type(Array(text.utf8)) }
    func clear() { output = [] }
}
