import OpenFlow
import Ports
import Switch
import Wire

// `dpctl/…` of the connection tracker. A data path's name may come first, as for ovs-dpctl; there is one tracker.

extension SwitchDaemon {
    func addConnectionCommands(_ commands: ControlCommands) {
        commands.add("dpctl/dump-conntrack", usage: "[-m] [-s] [dp] [zone=N]", arguments: 0...4) {
            [unowned self] words in
            let isVerbose = words.contains("-m")
            let hasStatistics = words.contains("-s")
            let zone = Self.zone(words)
            if case .malformed(let word) = zone { return Self.invalid("failed to parse zone: \(word)") }
            let wanted = zone.value
            let list = poller.run { datapath, now in
                datapath.connections.tracker.snapshots(zone: wanted, now: now).map {
                    $0.text(verbose: isVerbose, statistics: hasStatistics)
                }
            }
            return .text(list.joined(separator: "\n"))
        }
        commands.add(
            "dpctl/flush-conntrack", usage: "[dp] [zone=N] [ct-origin-tuple [ct-reply-tuple]]", arguments: 0...4
        ) { [unowned self] words in
            do throws(MatchSyntaxError) {
                let filter = try Self.filter(words)
                poller.run { datapath, _ in _ = datapath.connections.tracker.flush(filter) }
                return .text("")
            } catch {
                if case .missingValue(let field) = error { return Self.invalid("field \(field) missing value") }
                return .failure("ovs-vswitchd: \(error) (Invalid argument)")
            }
        }
        commands.add("dpctl/ct-stats-show", usage: "[dp] [zone=N]", arguments: 0...3) { [unowned self] words in
            let zone = Self.zone(words)
            if case .malformed(let word) = zone { return Self.invalid("failed to parse zone: \(word)") }
            let wanted = zone.value
            let isVerbose = words.contains { ["-m", "--more", "verbose"].contains($0) }
            return .text(
                poller.run { datapath, now in
                    datapath.connections.tracker.statisticsText(zone: wanted, verbose: isVerbose, now: now)
                })
        }
        commands.add("dpctl/ct-get-nconns", usage: "[dp]", arguments: 0...1) { [unowned self] _ in
            .text(String(poller.run { datapath, _ in datapath.connections.tracker.count }))
        }
        commands.add("dpctl/ct-get-maxconns", usage: "[dp]", arguments: 0...1) { [unowned self] _ in
            .text(String(poller.run { datapath, _ in datapath.connections.tracker.limit }))
        }
        commands.add("dpctl/ct-set-maxconns", usage: "[dp] maxconns", arguments: 1...2) { [unowned self] words in
            guard let limit = Int(words.last!), limit >= 0 else { return Self.invalid("maxconns missing or malformed") }
            poller.run { datapath, _ in datapath.connections.tracker.limit = limit }
            return .text("setting maxconns successful")
        }
        commands.add("dpctl/ct-get-tcp-seq-chk", usage: "[dp]", arguments: 0...1) { [unowned self] _ in
            let isOn = poller.run { datapath, _ in datapath.connections.tracker.checksSequences }
            return .text("TCP sequence checking: \(isOn ? "enabled" : "disabled")")
        }
        for isOn in [true, false] {
            let name = isOn ? "enable" : "disable"
            commands.add("dpctl/ct-\(name)-tcp-seq-chk", usage: "[dp]", arguments: 0...1) { [unowned self] _ in
                poller.run { datapath, _ in datapath.connections.tracker.checksSequences = isOn }
                return .text("\(isOn ? "enabling" : "disabling") TCP sequence checking successful")
            }
        }
        addLimitCommands(commands)
    }

    private func addLimitCommands(_ commands: ControlCommands) {
        commands.add(
            "dpctl/ct-set-limits", usage: "[dp] [default=L] [zone=N,limit=L]...", arguments: 1...Int.max
        ) { [unowned self] words in
            var common: UInt32?
            var zones: [(zone: UInt16, limit: UInt32)] = []
            for word in words.filter({ $0.contains("=") }) {
                let parts = word.split(separator: ",").map { $0.split(separator: "=", maxSplits: 1) }
                if parts.count == 1, parts[0].first == "default", let limit = parts[0].last.flatMap({ UInt32($0) }) {
                    common = limit
                } else if parts.count == 2, parts[0].first == "zone", parts[1].first == "limit",
                    let zone = parts[0].last.flatMap({ UInt16($0) }),
                    let limit = parts[1].last.flatMap({ UInt32($0) })
                {
                    zones.append((zone, limit))
                } else {
                    return Self.invalid(
                        word.hasPrefix("default") ? "invalid default limit" : "failed to parse zone limit")
                }
            }
            let (limit, list) = (common, zones)
            poller.run { datapath, _ in
                if let limit { datapath.connections.tracker.setDefaultLimit(limit) }
                for (zone, limit) in list { datapath.connections.tracker.setLimit(zone: zone, limit) }
            }
            return .text("")
        }
        commands.add("dpctl/ct-get-limits", usage: "[dp] [zone=N1[,N2]...]", arguments: 0...2) { [unowned self] words in
            guard let zones = Self.zones(words) else { return Self.invalid("invalid zone") }
            return .text(poller.run { datapath, _ in datapath.connections.tracker.limitsText(zones: zones) })
        }
        commands.add("dpctl/ct-del-limits", usage: "[dp] zone=N1[,N2]...", arguments: 1...2) { [unowned self] words in
            guard let zones = Self.zones(words), !zones.isEmpty else { return Self.invalid("invalid zone") }
            poller.run { datapath, _ in
                for zone in zones { datapath.connections.tracker.setLimit(zone: zone, nil) }
            }
            return .text("")
        }
    }

    // MARK: Words

    private static func invalid(_ text: String) -> ControlCommands.Answer {
        .failure("ovs-vswitchd: \(text) (Invalid argument)")
    }

    private enum ZoneWord {
        case none
        case zone(UInt16)
        case malformed(String)

        var value: UInt16? { if case .zone(let zone) = self { zone } else { nil } }
    }

    private static func zone(_ words: [String]) -> ZoneWord {
        guard let word = words.first(where: { $0.hasPrefix("zone=") }) else { return .none }
        return UInt16(word.dropFirst(5)).map { .zone($0) } ?? .malformed(word)
    }

    private static func zones(_ words: [String]) -> [UInt16]? {
        guard let word = words.first(where: { $0.hasPrefix("zone=") }) else { return [] }
        var zones: [UInt16] = []
        for part in word.dropFirst(5).split(separator: ",", omittingEmptySubsequences: false) {
            guard let zone = UInt16(part) else { return nil }
            zones.append(zone)
        }
        return zones
    }

    /// `zone=5 "ct_nw_src=10.0.0.1,ct_nw_proto=17" "ct_nw_dst=…"`: the second tuple is the reply's.
    static func filter(_ words: [String]) throws(MatchSyntaxError) -> ConnectionFilter {
        var filter = ConnectionFilter()
        var tuples = 0
        for word in words {
            if word.hasPrefix("zone=") {
                guard let zone = UInt16(word.dropFirst(5)) else {
                    throw .invalidValue(field: "zone", value: String(word.dropFirst(5)), expected: "0 to 65535")
                }
                filter.zone = zone
            } else if !isDatapath(word) {
                tuples += 1
                var tuple = ConnectionFilter.Tuple()
                try read(word, into: &tuple, &filter)
                if tuples == 1 { filter.original = tuple } else { filter.reply = tuple }
            }
        }
        return filter
    }

    /// `system@ovs-system`, `netdev@ovs-netdev`, `ovs-system`.
    private static func isDatapath(_ word: String) -> Bool {
        !word.contains("=") && (word.contains("@") || word.hasPrefix("ovs-"))
    }

    private static func read(
        _ text: String, into tuple: inout ConnectionFilter.Tuple, _ filter: inout ConnectionFilter
    ) throws(MatchSyntaxError) {
        for item in text.split(separator: ",") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard parts.count == 2 else { throw .missingValue(name) }
            let value = String(parts[1])
            func number<Number: FixedWidthInteger>() throws(MatchSyntaxError) -> Number {
                guard let number = Number(value) else {
                    throw .invalidValue(field: name, value: value, expected: "0 to \(Number.max)")
                }
                return number
            }
            switch name {
            case "ct_nw_src", "ct_nw_dst", "ct_ipv6_src", "ct_ipv6_dst":
                let address: FieldValue
                if name.hasPrefix("ct_nw"), let ipv4 = IPv4Address(value) {
                    address = FieldValue(UInt64(ipv4.rawValue))
                } else if name.hasPrefix("ct_ipv6"), let ipv6 = IPv6Address(value) {
                    address = FieldValue(high: ipv6.high, low: ipv6.low)
                } else {
                    throw .invalidValue(field: name, value: value, expected: "an address")
                }
                filter.isIPv6 = name.hasPrefix("ct_ipv6")
                if name.hasSuffix("src") { tuple.source = address } else { tuple.destination = address }
            case "ct_nw_proto": filter.ipProtocol = try number()
            case "ct_tp_src": tuple.sourcePort = try number()
            case "ct_tp_dst": tuple.destinationPort = try number()
            case "icmp_id": tuple.icmpIdentifier = try number()
            case "icmp_type": tuple.icmpType = try number()
            case "icmp_code": tuple.icmpCode = try number()
            default: throw .unknownField(name)
            }
        }
    }
}
