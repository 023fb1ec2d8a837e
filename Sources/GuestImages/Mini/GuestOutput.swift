/// Takes a mini guest's console apart: what the kernel says while it boots, the command's output, its exit status.
///
/// The guest marks them by control sequences that a terminal passes over (see `MiniInit`); nothing of them is in the output.
public struct GuestOutput: Sendable {
    public enum Part: Equatable, Sendable {
        /// What the kernel says: before the guest is up, and when the command has ended.
        case log([UInt8])
        case ready
        case output([UInt8])
        /// The command has ended.
        case exit(Int32)
    }

    private static let start: [UInt8] = Array("\u{1b}]rookery;".utf8)
    private static let longest = 32
    private var isRunning = false
    private var held: [UInt8] = []

    public init() {}

    /// - Returns: what the bytes say, in their order.
    public mutating func take(_ bytes: some Sequence<UInt8>) -> [Part] {
        var parts: [Part] = []
        var plain: [UInt8] = []
        for byte in bytes {
            if held.count < Self.start.count {
                if byte == Self.start[held.count] {
                    held.append(byte)
                    continue
                }
                plain += held
                held = byte == Self.start[0] ? [byte] : []
                if held.isEmpty { plain.append(byte) }
                continue
            }
            if byte == 7 {
                let word = String(decoding: held[Self.start.count...], as: UTF8.self)
                let isStatus = word.hasPrefix("exit=")
                if word == "ready" || isStatus {
                    if !plain.isEmpty { parts.append(isRunning ? .output(plain) : .log(plain)) }
                    plain = []
                }
                if word == "ready" {
                    isRunning = true
                    parts.append(.ready)
                } else if isStatus, let status = Int32(word.dropFirst(5)) {
                    isRunning = false
                    parts.append(.exit(status))
                } else {
                    plain += held + [byte]
                }
                held = []
                continue
            }
            held.append(byte)
            if held.count > Self.longest {
                plain += held
                held = []
            }
        }
        if !plain.isEmpty { parts.append(isRunning ? .output(plain) : .log(plain)) }
        return parts
    }

    /// What was held back, when no more comes.
    public mutating func finish() -> [Part] {
        defer { held = [] }
        return held.isEmpty ? [] : [isRunning ? .output(held) : .log(held)]
    }
}

/// The last lines of a console, as a sign of progress and, where a guest ends too soon, of the reason.
public struct GuestLog: Sendable {
    private var bytes: [UInt8] = []
    private static let limit = 32768

    public init() {}

    public mutating func add(_ more: [UInt8]) {
        bytes += more
        if bytes.count > 2 * Self.limit { bytes.removeFirst(bytes.count - Self.limit) }
    }

    /// The last lines that have something in them, without control characters.
    public func lastLines(_ count: Int) -> [String] {
        bytes.split { $0 == 10 || $0 == 13 }.suffix(count).map { line in
            String(String(decoding: line, as: UTF8.self).filter { !$0.isASCII || $0 >= " " }.prefix(200))
        }
    }
}
