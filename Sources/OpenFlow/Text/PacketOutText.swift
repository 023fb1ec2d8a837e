import Switch

/// Packets to send as ovs-ofctl writes them: `in_port=1,metadata=5,packet=ffffffffffff…,actions=output:2` (ovs-ofctl(8),
/// "Packet-Out Syntax").
public enum PacketOutText {
    /// Reads a packet with its input port (none: the controller), its pipeline fields and its actions (none: it is dropped).
    public static func parse(
        _ text: some StringProtocol, names: FlowNames = FlowNames()
    ) throws(FlowSyntaxError) -> Message.PacketOut {
        let text = Substring(text)
        var packet = Message.PacketOut(actions: [])
        var fields = text
        if let actions = FlowText.actions(in: text) {
            fields = text[..<actions.lowerBound]
            packet.actions = try FlowSyntaxError.wrapping { () throws(ActionSyntaxError) in
                try Action.parse(text[actions.upperBound...], names)
            }
        }
        var items: [(name: Substring, value: Substring)] = []
        var scanner = KeyValueScanner(fields)
        while let (name, value) = scanner.next() {
            switch name {
            case "in_port": packet.inPort = try port(value, names)
            case "packet": packet.data = try bytes(value)
            default:
                let plain = name.utf8.last == UInt8(ascii: "]") ? name.prefix { $0 != "[" } : name
                if let field = Field(named: plain), field.rawValue > Field.actionSetOutput.rawValue {
                    throw FlowSyntaxError("\(name): is no pipeline field; the packet says what it is")
                }
                items.append((name, value))
            }
        }
        guard !packet.data.isEmpty else { throw FlowSyntaxError("there is no packet: packet=HEXADECIMAL DIGITS") }
        packet.fields = try FlowSyntaxError.wrapping { () throws(MatchSyntaxError) in
            try Match(items: items, portNumber: names.portNumber)
        }
        return packet
    }

    private static func port(_ text: Substring, _ names: FlowNames) throws(FlowSyntaxError) -> UInt32 {
        guard let port = names.port(text),
            port <= PortNumber.maximum || [PortNumber.local, PortNumber.controller, PortNumber.any].contains(port)
        else { throw FlowSyntaxError("in_port: a port, LOCAL, CONTROLLER or NONE, not “\(text)”") }
        return port
    }

    private static func bytes(_ text: Substring) throws(FlowSyntaxError) -> [UInt8] {
        let digits = text.utf8
        guard digits.count % 2 == 0, digits.count >= 28 else {
            throw FlowSyntaxError("packet: two hexadecimal digits for each of 14 bytes or more")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var index = text.startIndex
        while index < text.endIndex {
            let next = digits.index(index, offsetBy: 2)
            guard text[index..<next].utf8.first != UInt8(ascii: "+"), let byte = UInt8(text[index..<next], radix: 16)
            else { throw FlowSyntaxError("packet: “\(text[index..<next])” are not hexadecimal digits") }
            bytes.append(byte)
            index = next
        }
        return bytes
    }
}
