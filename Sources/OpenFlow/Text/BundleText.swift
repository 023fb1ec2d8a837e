import Switch

/// Files of changes that belong together as ovs-ofctl writes them (ovs-ofctl(8), "OpenFlow Switch Bundle Command").
public enum BundleText {
    /// Reads a line: `flow delete tcp`, `group add group_id=1,…`, `packet-out in_port=1,…`.
    public static func parseLine(
        _ text: some StringProtocol, names: FlowNames = FlowNames()
    ) throws(FlowSyntaxError) -> Message.Body {
        let (word, behind) = firstWord(Substring(text))
        switch word {
        case "flow": return .flowMod(try FlowText.parseLine(behind, names: names))
        case "group": return .groupMod(try GroupText.parseLine(behind, names: names))
        case "packet-out": return .packetOut(try PacketOutText.parse(behind, names: names))
        default: throw FlowSyntaxError("a line begins with flow, group or packet-out, not with “\(word)”")
        }
    }

    /// The command that a line begins with, and what stands behind it; the whole line where its first word is none.
    static func command<Command>(
        of line: Substring, among commands: [Substring: Command], else usual: Command
    ) -> (command: Command, rest: Substring) {
        let (word, behind) = firstWord(line)
        return commands[word].map { ($0, behind) } ?? (usual, line)
    }

    /// The first word, and what stands behind it.
    private static func firstWord(_ text: Substring) -> (word: Substring, behind: Substring) {
        let utf8 = text.utf8
        let start = utf8.firstIndex { !KeyValueScanner.isSeparator($0) } ?? utf8.endIndex
        let end = utf8[start...].firstIndex(where: KeyValueScanner.isSeparator) ?? utf8.endIndex
        return (text[start..<end], text[end...])
    }
}
