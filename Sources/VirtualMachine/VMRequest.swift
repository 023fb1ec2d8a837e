/// What a machine's control socket is asked (`VMClient` has the protocol).
public enum VMRequest: String, Sendable, CaseIterable {
    case status
    /// Press the power button.
    case powerOff = "power-off"
    /// End at once.
    case kill
    case pause
    case resume
    /// Answered when the machine ends.
    case wait
}

/// Cuts what comes on a control socket into lines.
public struct VMRequestReader {
    /// Longer requests are nobody's, in bytes.
    public static let byteLimit = 4096

    private var received: [UInt8] = []

    public init() {}

    /// Takes the next bytes.
    /// - Returns: the lines that they end; nil where what waits for its end is too long: whoever sends it is to go.
    public mutating func take(_ bytes: some Sequence<UInt8>) -> [String]? {
        var lines: [String] = []
        for byte in bytes {
            if byte == 0x0a {
                lines.append(String(decoding: received, as: UTF8.self))
                received.removeAll(keepingCapacity: true)
            } else if received.count < Self.byteLimit {
                received.append(byte)
            } else {
                return nil
            }
        }
        return lines
    }
}
