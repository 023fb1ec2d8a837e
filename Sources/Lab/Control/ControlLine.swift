import FoundationEssentials
import Glibc
import Linux

/// Lines of JSON on a stream socket.
enum ControlLine {
    /// The longest line that is taken, in bytes: a topology of ten thousand nodes has some tens of megabytes.
    static let maximumLength = 256 << 20

    static func encode(_ value: some Encodable) throws(LabError) -> [UInt8] {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            return [UInt8](try encoder.encode(value)) + [UInt8(ascii: "\n")]
        } catch {
            throw LabError("cannot write the message: \(error)")
        }
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ line: [UInt8]) throws(LabError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(line))
        } catch {
            throw LabError("a message on the control socket makes no sense: \(error)")
        }
    }

    static func send(
        _ value: some Encodable, descriptors: [Int32] = [], on socket: borrowing FileDescriptor
    ) throws(LabError) {
        let bytes = try encode(value)
        var done = 0
        while done < bytes.count {
            let start = done
            let sent = bytes.withUnsafeBytes { buffer in
                // The closure may not throw a typed error.
                do throws(SystemError) {
                    return Result<Int, SystemError>.success(
                        try UnixSocket.send(
                            UnsafeRawBufferPointer(rebasing: buffer[start...]),
                            descriptors: start == 0 ? descriptors : [], on: socket))
                } catch { return .failure(error) }
            }
            switch sent {
            case .success(let count): done += count
            case .failure(let error): throw LabError("the connection is gone: \(error)", kind: .disconnected)
            }
        }
    }
}

/// Puts lines together from what comes in, and keeps the descriptors that came with it.
struct LineBuffer: ~Copyable {
    private var bytes: [UInt8] = []
    private var start = 0
    private var searched = 0
    private var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    /// Received and not yet taken; the owner closes them.
    private(set) var descriptors: [Int32] = []

    init() {}

    deinit { for descriptor in descriptors { _ = close(descriptor) } }

    /// The descriptors received so far, which become the caller's.
    mutating func takeDescriptors() -> [Int32] {
        defer { descriptors = [] }
        return descriptors
    }

    /// A whole line without its end, or nil where there is none yet.
    mutating func next() -> [UInt8]? {
        guard let end = bytes[max(start, searched)...].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = bytes.count
            if start > 0 {
                bytes.removeFirst(start)
                searched -= start
                start = 0
            }
            return nil
        }
        let line = Array(bytes[start..<end])
        start = end + 1
        searched = start
        return line
    }

    /// Reads what is there, waiting for it on a blocking socket; false at the end of the stream.
    mutating func fill(from socket: borrowing FileDescriptor) throws(LabError) -> Bool {
        if bytes.count - start > ControlLine.maximumLength {
            throw LabError("a line on the control socket is longer than \(ControlLine.maximumLength) bytes")
        }
        let received: (byteCount: Int, descriptors: [Int32])?
        do throws(SystemError) {
            received = try chunk.withUnsafeMutableBytes { buffer in
                do throws(SystemError) {
                    return Result<(byteCount: Int, descriptors: [Int32])?, SystemError>.success(
                        try UnixSocket.receive(into: buffer, on: socket))
                } catch { return .failure(error) }
            }.get()
        } catch {
            // A peer that ends with unread data resets the connection.
            if error.code.rawValue == ECONNRESET { return false }
            throw LabError(error)
        }
        guard let received else { return true }
        descriptors += received.descriptors
        bytes += chunk[..<received.byteCount]
        return received.byteCount > 0
    }
}

extension FileDescriptor {
    /// Writes all of an array.
    borrowing func writeBytes(_ bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress! + done, $0.count - done) }
            if count >= 0 {
                done += count
            } else if errno != EINTR {
                throw SystemError("write", "descriptor \(rawValue)")
            }
        }
    }
}
