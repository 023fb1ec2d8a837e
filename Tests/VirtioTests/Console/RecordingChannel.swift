import Board

/// A byte channel whose other end is the test.
final class RecordingChannel: ByteChannel {
    var output: [UInt8] = []
    private var input: [UInt8] = []
    var onReadable: (() -> Void)?

    func write(_ bytes: [UInt8]) { output += bytes }

    func read(limit: Int) -> [UInt8] {
        let bytes = Array(input.prefix(limit))
        input.removeFirst(bytes.count)
        return bytes
    }

    func type(_ text: String) {
        let wasEmpty = input.isEmpty
        input += Array(text.utf8)
        if wasEmpty { onReadable?() }
    }
}
