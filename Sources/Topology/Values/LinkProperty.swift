import Switch

// One table of link properties serves the lab file's links, the schedule's `set:` and `rookery link set`: the file
// hands in trees, the command line hands in text, and both become `LinkSetting`s here.

/// A property value: text, a list, or named parts.
indirect enum PropertyValue: Equatable {
    case text(String)
    case list([PropertyValue])
    case parts([(String, PropertyValue)])

    static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.text(let a), .text(let b)): return a == b
        case (.list(let a), .list(let b)): return a == b
        case (.parts(let a), .parts(let b)): return a.elementsEqual(b) { $0.0 == $1.0 && $0.1 == $1.1 }
        default: return false
        }
    }
}

/// The properties of one direction of a link.
enum LinkProperty: String, CaseIterable {
    case rate, delay, jitter, distribution, correlation, loss, duplicate, corrupt, reorder, mtu, queue, aqm

    static let names = allCases.map(\.rawValue)

    func settings(_ value: PropertyValue) throws(ValueError) -> [LinkSetting] {
        switch self {
        case .rate:
            let text = try value.single("rate", "10mbit")
            return [.rate(isNone(text) ? nil : try Units.rateValue(text))]
        case .delay: return [.delay(try Units.timeValue(try value.single("delay", "20ms")))]
        case .jitter: return try jitter(value)
        case .distribution: return [.distribution(try distribution(value))]
        case .correlation:
            return [.jitterCorrelation(try Units.percentValue(try value.single("correlation", "25%")))]
        case .loss: return [.loss(try loss(value))]
        case .duplicate: return [.duplicate(try chance(value))]
        case .corrupt: return [.corrupt(try chance(value))]
        case .reorder: return [.reorder(try reorder(value))]
        case .mtu:
            let text = try value.single("mtu", "1500")
            return [.mtu(isNone(text) ? nil : try Units.countValue(text, 68...65535, "an MTU in bytes"))]
        case .queue: return [.queue(try queue(value))]
        case .aqm: return [.aqm(try aqm(value))]
        }
    }

    private func isNone(_ text: String) -> Bool { text == "none" || text == "off" }

    private func jitter(_ value: PropertyValue) throws(ValueError) -> [LinkSetting] {
        var settings: [LinkSetting] = []
        for (name, part) in try value.named(["spread", "distribution", "correlation"], "jitter", "2ms normal 25%") {
            switch name {
            case "spread":
                let text = try part.single("jitter", "2ms")
                settings.append(.jitter(isNone(text) ? 0 : try Units.timeValue(text)))
            case "distribution": settings.append(.distribution(try distribution(part)))
            default:
                settings.append(.jitterCorrelation(try Units.percentValue(try part.single("correlation", "25%"))))
            }
        }
        return settings
    }

    private func distribution(_ value: PropertyValue) throws(ValueError) -> LinkProfile.Distribution {
        if case .list(let items) = value {
            var table: [Double] = []
            for item in items {
                table.append(
                    try Units.realValue(
                        try item.single("distribution", "0.5"), -1000...1000, "a multiple of the jitter"))
            }
            guard !table.isEmpty else { throw ValueError("the distribution is empty", "list multiples of the jitter") }
            return .table(table)
        }
        switch try value.single("distribution", "normal") {
        case "uniform": return .uniform
        case "normal": return .normal
        case "pareto": return .pareto
        case let other:
            throw ValueError(
                "“\(other)” is not a distribution", "use uniform, normal, pareto or a list of multiples of the jitter")
        }
    }

    private func loss(_ value: PropertyValue) throws(ValueError) -> LinkProfile.Loss? {
        let gilbertParts = ["p", "r", "loss-bad", "loss-good"]
        switch value {
        case .parts(let parts) where parts.first?.0 == "gilbert" && parts.count == 1:
            return try gilbert(try parts[0].1.named(gilbertParts, "gilbert", "{p: 1%, r: 20%}"))
        case .list(let items) where items.first == .text("gilbert"):
            return try gilbert(
                try PropertyValue.list(Array(items.dropFirst())).named(gilbertParts, "gilbert", "gilbert,1%,20%"))
        default:
            guard let chance = try chance(value) else { return nil }
            return .random(chance)
        }
    }

    private func gilbert(_ parts: [(String, PropertyValue)]) throws(ValueError) -> LinkProfile.Loss {
        var (p, r, bad, good): (Double?, Double?, Double, Double) = (nil, nil, 1, 0)
        for (name, part) in parts {
            let share = try Units.percentValue(try part.single(name, "10%"))
            switch name {
            case "p": p = share
            case "r": r = share
            case "loss-bad": bad = share
            default: good = share
            }
        }
        guard let p, let r else {
            throw ValueError("gilbert needs p (good to bad) and r (bad to good)", "write gilbert: {p: 1%, r: 20%}")
        }
        return .gilbertElliott(p: p, r: r, lossBad: bad, lossGood: good)
    }

    private func chance(_ value: PropertyValue) throws(ValueError) -> LinkProfile.Chance? {
        var chance = LinkProfile.Chance(probability: 0)
        for (name, part) in try value.named(["percent", "correlation"], rawValue, "1% or 1% 25%") {
            let text = try part.single(rawValue, "1%")
            let share = isNone(text) ? 0 : try Units.percentValue(text)
            if name == "percent" { chance.probability = share } else { chance.correlation = share }
        }
        return chance.probability == 0 ? nil : chance
    }

    private func reorder(_ value: PropertyValue) throws(ValueError) -> LinkProfile.Reorder? {
        var reorder = LinkProfile.Reorder(chance: .init(probability: 0))
        for (name, part) in try value.named(["percent", "correlation", "gap"], "reorder", "5% 25%") {
            let text = try part.single("reorder", "5%")
            switch name {
            case "percent": reorder.chance.probability = isNone(text) ? 0 : try Units.percentValue(text)
            case "correlation": reorder.chance.correlation = try Units.percentValue(text)
            default: reorder.gap = try Units.countValue(text, 1...1_000_000, "a gap in packets")
            }
        }
        return reorder.chance.probability == 0 ? nil : reorder
    }

    private func queue(_ value: PropertyValue) throws(ValueError) -> LinkProfile.QueueLimit? {
        let text = try value.single("queue", "100p, 64kB or 20ms")
        if isNone(text) { return nil }
        if text.hasSuffix("s"), let time = try? Units.timeValue(text) {
            guard time > 0 else { throw ValueError("a queue of \(text) holds nothing", "give it a length") }
            return .time(time)
        }
        let packets = text.hasSuffix("p") ? String(text.dropLast()) : text
        if packets.utf8.allSatisfy({ 48...57 ~= $0 }) {
            return .packets(try Units.countValue(packets, 1...10_000_000, "a queue length in packets"))
        }
        do {
            let bytes = try Units.sizeValue(text)
            guard bytes > 0, bytes < 1 << 40 else { throw ValueError("", "") }
            return .bytes(Int(bytes))
        } catch {
            throw ValueError("“\(text)” is not a queue length", "write packets as 100p, bytes as 64kB or time as 20ms")
        }
    }

    private func aqm(_ value: PropertyValue) throws(ValueError) -> LinkProfile.QueueDiscipline {
        let known = "use droptail, codel or red"
        var arguments = PropertyValue.list([])
        let name: String
        switch value {
        case .text(let text): name = text
        case .list(let items):
            name = try (items.first ?? .text("")).single("aqm", "codel")
            arguments = .list(Array(items.dropFirst()))
        case .parts(let parts):
            guard parts.count == 1 else { throw ValueError("aqm takes one discipline", known) }
            (name, arguments) = parts[0]
        }
        switch name {
        case "droptail", "none", "off": return .dropTail
        case "codel":
            var (target, interval, ecn): (UInt64, UInt64, Bool) = (5_000_000, 100_000_000, false)
            for (part, item) in try arguments.named(["target", "interval", "ecn"], "codel", "codel,5ms,100ms,ecn") {
                let text = try item.single(part, "5ms")
                switch part {
                case "target": target = try Units.timeValue(text)
                case "interval": interval = try Units.timeValue(text)
                default: ecn = try truth(text, "ecn")
                }
            }
            guard target > 0, interval > target else {
                throw ValueError("codel's interval must be longer than its target", "5ms and 100ms are usual")
            }
            return .codel(target: target, interval: interval, ecn: ecn)
        case "red":
            var (minimum, maximum, probability, ecn) = (30_000, 90_000, 0.1, false)
            for (part, item) in try arguments.named(
                ["min", "max", "probability", "ecn"], "red", "red,30kB,90kB,10%,ecn")
            {
                let text = try item.single(part, "30kB")
                switch part {
                case "min": minimum = Int(try Units.sizeValue(text))
                case "max": maximum = Int(try Units.sizeValue(text))
                case "probability": probability = try Units.percentValue(text)
                default: ecn = try truth(text, "ecn")
                }
            }
            guard minimum > 0, maximum > minimum else {
                throw ValueError("red's max must be larger than its min", "30kB and 90kB, for example")
            }
            return .red(minimum: minimum, maximum: maximum, probability: probability, ecn: ecn)
        default: throw ValueError("“\(name)” is not a queue discipline", known)
        }
    }

    private func truth(_ text: String, _ name: String) throws(ValueError) -> Bool {
        switch text {
        case "true", "yes", "on", name: return true
        case "false", "no", "off": return false
        default: throw ValueError("“\(text)” is neither true nor false", "write \(name): true")
        }
    }
}

extension PropertyValue {
    /// The text of a value that has no parts.
    func single(_ what: String, _ example: String) throws(ValueError) -> String {
        if case .text(let text) = self { return text.trimmed }
        if case .list(let items) = self, items.count == 1 { return try items[0].single(what, example) }
        throw ValueError("\(what) takes one value", "for example \(example)")
    }

    /// The parts by name; a list or a text of several words gives them in the order of `names`.
    func named(
        _ names: [String], _ what: String, _ example: String
    ) throws(ValueError) -> [(String, PropertyValue)] {
        switch self {
        case .parts(let parts):
            for (name, _) in parts where !names.contains(name) {
                throw ValueError(
                    "\(what) has no part “\(name)”", "it has \(names.joined(separator: ", "))")
            }
            return parts
        case .list(let items):
            guard items.count <= names.count else {
                throw ValueError("\(what) has at most \(names.count) parts", "for example \(example)")
            }
            return Array(zip(names, items))
        case .text(let text):
            let words = text.split { $0 == "," || $0.isWhitespace }.map { PropertyValue.text(String($0)) }
            guard !words.isEmpty else { throw ValueError("\(what) is empty", "for example \(example)") }
            return try PropertyValue.list(words).named(names, what, example)
        }
    }
}
