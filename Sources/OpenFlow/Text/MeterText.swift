import Switch

/// Meters as ovs-ofctl writes them: `meter=1 kbps burst bands=type=drop rate=1000 burst_size=100` (ovs-ofctl(8), "Meter
/// Syntax").
public enum MeterText {
    /// Reads a change of a bridge's meters; a deletion needs the number only.
    public static func parse(
        _ text: some StringProtocol, command: MeterModification.Command = .add
    ) throws(FlowSyntaxError) -> MeterModification {
        var meter = Meter(id: 0, flags: [])
        var words = Substring(text).split { $0 == "," || $0 == " " || $0 == "\t" || $0 == "\n" }[...]
        var isInBands = false
        while let word = words.popFirst() {
            let (name, value) = pair(word)
            if name == "bands" || name == "band", command != .delete {
                isInBands = true
                guard let value, !value.isEmpty else { continue }
                words = [value] + words
                continue
            }
            if isInBands {
                try readBand(name, value, into: &meter.bands)
                continue
            }
            switch name {
            case "kbps" where command != .delete: meter.flags.insert(.kilobits)
            case "pktps" where command != .delete: meter.flags.insert(.packets)
            case "burst" where command != .delete: meter.flags.insert(.burst)
            case "stats" where command != .delete: meter.flags.insert(.statistics)
            case "meter": meter.id = try number(value ?? "")
            default: throw FlowSyntaxError("there is no “\(name)” of meters")
            }
        }
        guard meter.id != 0 else { throw FlowSyntaxError("the meter has no number: meter=") }
        if command != .delete { try verify(meter) }
        return MeterModification(command, meter)
    }

    private static func pair(_ word: Substring) -> (name: Substring, value: Substring?) {
        guard let equals = word.firstIndex(of: "=") else { return (word, nil) }
        return (word[..<equals], word[word.index(after: equals)...])
    }

    private static func number(_ text: Substring) throws(FlowSyntaxError) -> UInt32 {
        switch text {
        case "all": return Meter.all
        case "controller": return Meter.controller
        case "slowpath": return Meter.slowPath
        default:
            let number: UInt32 = try textNumber(text, "meter")
            guard 1...Meter.maximum ~= number else {
                throw FlowSyntaxError("meter: a number from 1 to \(Meter.maximum)")
            }
            return number
        }
    }

    private static func readBand(
        _ name: Substring, _ value: Substring?, into bands: inout [Meter.Band]
    ) throws(FlowSyntaxError) {
        guard let value else { throw FlowSyntaxError("\(name): needs a value") }
        if name == "type" {
            switch value {
            case "drop": bands.append(Meter.Band(.drop, rate: 0))
            case "dscp_remark": bands.append(Meter.Band(.remarkDSCP(precedence: 0), rate: 0))
            default: throw FlowSyntaxError("type: drop or dscp_remark, not “\(value)”")
            }
            return
        }
        guard let last = bands.indices.last else { throw FlowSyntaxError("a band begins with its type") }
        switch name {
        case "rate": bands[last].rate = try textNumber(value, "rate")
        case "burst_size": bands[last].burst = try textNumber(value, "burst_size")
        case "prec_level":
            guard case .remarkDSCP = bands[last].effect else {
                throw FlowSyntaxError("prec_level: is for dscp_remark bands")
            }
            bands[last].effect = .remarkDSCP(precedence: try textNumber(value, "prec_level"))
        default: throw FlowSyntaxError("there is no “\(name)” of bands")
        }
    }

    private static func verify(_ meter: Meter) throws(FlowSyntaxError) {
        guard !meter.flags.isEmpty else { throw FlowSyntaxError("the meter needs kbps or pktps") }
        guard !meter.bands.isEmpty else { throw FlowSyntaxError("the meter has no bands: bands=type=drop rate=…") }
        for band in meter.bands {
            guard band.rate != 0 else { throw FlowSyntaxError("a band needs a rate") }
            if band.effect == .remarkDSCP(precedence: 0) {
                throw FlowSyntaxError("a dscp_remark band needs a prec_level")
            }
            guard meter.flags.contains(.burst) == (band.burst != 0) else {
                throw FlowSyntaxError("burst and burst_size belong together")
            }
        }
    }

    // MARK: Printing

    /// A meter as `ovs-ofctl dump-meters` prints it: a line, and one for each band.
    public static func text(_ meter: Meter) -> String {
        var out = "\(name(meter.id)) "
        if meter.flags.contains(.kilobits) { out += "kbps " }
        if meter.flags.contains(.packets) { out += "pktps " }
        if meter.flags.contains(.burst) { out += "burst " }
        if meter.flags.contains(.statistics) { out += "stats " }
        out += "bands="
        for band in meter.bands {
            out += "\ntype="
            switch band.effect {
            case .drop: out += "drop"
            case .remarkDSCP: out += "dscp_remark"
            }
            out += " rate=\(band.rate)"
            if meter.flags.contains(.burst) { out += " burst_size=\(band.burst)" }
            if case .remarkDSCP(let precedence) = band.effect { out += " prec_level=\(precedence)" }
        }
        return out
    }

    /// `meter=5`, `meter=controller`.
    public static func name(_ id: UInt32) -> String {
        switch id {
        case Meter.slowPath: "meter=slowpath"
        case Meter.controller: "meter=controller"
        case Meter.all: "meter=all"
        default: "meter=\(id)"
        }
    }
}
