/// What the text of flows calls the ports and tables of a bridge, besides numbers and the reserved words (`LOCAL`,
/// `IN_PORT` …).
public struct FlowNames {
    /// The number of the port, of the table that is called so.
    public var portNumber: (String) -> UInt32?
    public var tableNumber: (String) -> UInt8?
    /// The name to print for a port, for a table; nil: its number.
    public var portName: (UInt32) -> String?
    public var tableName: (UInt8) -> String?
    /// Whether taking a tag off prints as `strip_vlan`, the word of OpenFlow 1.0, and not as `pop_vlan`.
    public var printsStripVLAN: Bool

    public init(
        portNumber: @escaping (String) -> UInt32? = { _ in nil },
        tableNumber: @escaping (String) -> UInt8? = { _ in nil },
        portName: @escaping (UInt32) -> String? = { _ in nil }, tableName: @escaping (UInt8) -> String? = { _ in nil },
        printsStripVLAN: Bool = false
    ) {
        self.portNumber = portNumber
        self.tableNumber = tableNumber
        self.portName = portName
        self.tableName = tableName
        self.printsStripVLAN = printsStripVLAN
    }

    /// The port that `text` names or numbers; reserved words in any case.
    public func port(_ text: Substring) -> UInt32? {
        if let number = UInt64(fieldText: text) {
            guard let number = UInt32(exactly: number) else { return nil }
            // OpenFlow 1.0's 16-bit reserved numbers mean today's.
            return 0xff00...0xffff ~= number ? number | 0xffff_0000 : number
        }
        if let reserved = PortNumber.reserved(text) { return reserved }
        return portNumber(Self.unquoted(text))
    }

    /// The table that `text` names or numbers.
    public func table(_ text: Substring) -> UInt8? {
        UInt64(fieldText: text).map { UInt8(exactly: $0) } ?? tableNumber(Self.unquoted(text))
    }

    /// A name without the quotation marks that it may stand in.
    static func unquoted(_ text: Substring) -> String {
        let isQuoted =
            text.utf8.count > 1 && text.utf8.first == KeyValueScanner.quote && text.utf8.last == KeyValueScanner.quote
        return String(isQuoted ? text.dropFirst().dropLast() : text)
    }

    /// Appends a port as ovs-ofctl prints it.
    public func write(port: UInt32, to out: inout String) {
        if let word = PortNumber.reservedWord(port) {
            out += word
        } else if let name = portName(port) {
            Self.write(name: name, to: &out)
        } else {
            out += String(port)
        }
    }

    /// Appends a table.
    public func write(table: UInt8, to out: inout String) {
        if let name = tableName(table) { Self.write(name: name, to: &out) } else { out += String(table) }
    }

    /// A name, in quotation marks unless it begins with a letter and holds only letters, digits and `_`, `-`, `.`
    /// (what could be taken for something else).
    private static func write(name: String, to out: inout String) {
        let isPlain =
            name.utf8.first.map(isLetter) ?? false
            && name.utf8.allSatisfy {
                isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: ".")
            }
        out += isPlain ? name : "\"\(name)\""
    }

    private static func isLetter(_ character: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(character | 0x20) || character == UInt8(ascii: "_")
    }
}

extension PortNumber {
    /// The word for a reserved port; nil for an ordinary one.
    public static func reservedWord(_ port: UInt32) -> String? {
        switch port {
        case 0xffff_fff7: "UNSET"
        case inPort: "IN_PORT"
        case table: "TABLE"
        case normal: "NORMAL"
        case flood: "FLOOD"
        case all: "ALL"
        case controller: "CONTROLLER"
        case local: "LOCAL"
        case any: "ANY"
        default: nil
        }
    }

    /// The reserved port that a word means, in either case.
    public static func reserved(_ word: some StringProtocol) -> UInt32? {
        guard 3...10 ~= word.utf8.count else { return nil }
        return switch word.uppercased() {
        case "UNSET": 0xffff_fff7
        case "IN_PORT": inPort
        case "TABLE": table
        case "NORMAL": normal
        case "FLOOD": flood
        case "ALL": all
        case "CONTROLLER": controller
        case "LOCAL": local
        case "ANY", "NONE": any
        default: nil
        }
    }
}
