extension Subfield: CustomStringConvertible {
    /// As ovs-ofctl prints it: `NXM_NX_REG0[0..15]`, `NXM_OF_ETH_SRC[]`.
    public var description: String {
        let isWide = field == .inPort && start + count > 16
        let name = isWide ? "OXM_OF_IN_PORT" : field.subfieldName
        if start == 0, count == (isWide ? 32 : Self.fullWidth(field)) { return "\(name)[]" }
        return count == 1 ? "\(name)[\(start)]" : "\(name)[\(start)..\(start + count - 1)]"
    }

    /// The bits of `FIELD[]`; of ports those of OpenFlow 1.0.
    static func fullWidth(_ field: Field) -> Int { field == .inPort ? 16 : field.subfieldWidth }

    /// Reads the text of bits at the beginning of `text`, which loses it.
    init(parsingPrefixOf text: inout Substring) throws(ActionSyntaxError) {
        let utf8 = text.utf8
        let end = utf8.firstIndex { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "-") } ?? utf8.endIndex
        let name = String(text[..<end])
        var width: Int
        let field: Field
        if let named = Field(extensibleName: name.hasSuffix("_W") ? String(name.dropLast(2)) : name) {
            field = named
            width = name.hasPrefix("OXM_OF_IN_PORT") ? 32 : Self.fullWidth(named)
        } else if name == "in_port_oxm" {
            field = .inPort
            width = 32
        } else if let named = Field(named: name) {
            guard !named.extensibleNames.isEmpty else {
                throw ActionSyntaxError(
                    "no bits of \(name) can be named\(named == .vlanID ? "; vlan_vid has them" : "")")
            }
            field = named
            width = Self.fullWidth(named)
        } else {
            throw ActionSyntaxError("there is no field “\(name)”")
        }
        text = text[end...]
        guard text.utf8.first == UInt8(ascii: "[") else {
            self.init(field, start: 0, count: width)
            return
        }
        guard let close = text.utf8.firstIndex(of: UInt8(ascii: "]")) else {
            throw ActionSyntaxError("\(name): needs [], [BIT] or [FIRST..LAST]")
        }
        let inside = text[text.utf8.index(after: text.startIndex)..<close]
        text = text[text.utf8.index(after: close)...]
        if inside.isEmpty {
            self.init(field, start: 0, count: width)
            return
        }
        let dot = inside.utf8.firstIndex(of: UInt8(ascii: "."))
        let first = inside[..<(dot ?? inside.endIndex)]
        var last = first
        if let dot {
            last = inside[dot...].dropFirst()
            guard last.utf8.first == UInt8(ascii: ".") else {
                throw ActionSyntaxError("\(name): needs [], [BIT] or [FIRST..LAST]")
            }
            last = last.dropFirst()
        }
        let start = try first.number(name, UInt16.self)
        let finish = try last.number(name, UInt16.self)
        guard start <= finish else {
            throw ActionSyntaxError("\(name): bit \(start) is behind bit \(finish)")
        }
        guard finish < width else {
            throw ActionSyntaxError("\(name): there is no bit \(finish); the field has \(width)")
        }
        self.init(field, start: Int(start), count: Int(finish - start) + 1)
    }

    /// Reads the text of bits.
    public init(parsing text: Substring) throws(ActionSyntaxError) {
        var rest = text.trimmed()
        try self.init(parsingPrefixOf: &rest)
        guard rest.isEmpty else { throw ActionSyntaxError("“\(rest)” behind a field") }
    }

    /// Reads the text of bits that an action is to change.
    static func writable(_ text: Substring) throws(ActionSyntaxError) -> Subfield {
        let bits = try Subfield(parsing: text)
        guard bits.field.isWritable else { throw ActionSyntaxError("\(bits.field.setName) is read-only") }
        return bits
    }
}
