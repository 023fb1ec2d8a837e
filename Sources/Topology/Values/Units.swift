// The one parser of quantities: rates, times, sizes, shares and counts. A number alone is refused wherever two tools read
// it differently (`10mbps` is bytes to tc and bits to everybody else; a delay of `20` is microseconds to tc and
// milliseconds to others), because a lab that silently runs at an eighth of the rate is worse than an error.

/// Quantities as lab files and command lines write them.
public enum Units {
    /// Bits per second: `10mbit`, `1.5gbit`, `10Mbit/s`, iperf's `10M`, bytes as `10MB/s`; kibit, mibit and so on count in 1024.
    public static func rate(_ text: String) throws(TopologyError) -> UInt64 {
        try raise { () throws(ValueError) in try rateValue(text) }
    }

    /// Nanoseconds: `20ms`, `1.5s`, `100us`, `5ns`, `2min`, `1h`.
    public static func time(_ text: String) throws(TopologyError) -> UInt64 {
        try raise { () throws(ValueError) in try timeValue(text) }
    }

    /// Bytes: `64k`, `64kB`, `64KiB`, `128M`, `1Gb`, `4096`; each step is 1024, as with Docker's memory and tc's sizes.
    public static func size(_ text: String) throws(TopologyError) -> UInt64 {
        try raise { () throws(ValueError) in try sizeValue(text) }
    }

    /// 0 to 1: `5%`, `0.01%`.
    public static func percent(_ text: String) throws(TopologyError) -> Double {
        try raise { () throws(ValueError) in try percentValue(text) }
    }

    private static func raise<Value>(
        _ body: () throws(ValueError) -> Value
    ) throws(TopologyError) -> Value {
        do { return try body() } catch { throw TopologyError(error.what, remedy: error.remedy) }
    }

    static func rateValue(_ text: String) throws(ValueError) -> UInt64 {
        let (number, unit) = try split(text, "rate", "write a rate such as 10mbit")
        var name = unit.lowercased()
        let perSecond = name.hasSuffix("/s")
        if perSecond { name = String(name.dropLast(2)) }
        if !perSecond, name.hasSuffix("bps") {
            let letter = name.dropLast(3)
            throw ValueError(
                "the rate “\(text)” is ambiguous: bytes per second to tc, bits to most others",
                "write \(plain(number))\(letter)bit for bits, or \(plain(number))\(letter.uppercased())B/s for bytes")
        }
        let scale: Double?
        if perSecond, unit.hasSuffix("B/s") || unit.hasSuffix("Byte/s") {
            let letter = String(name.hasSuffix("byte") ? name.dropLast(4) : name.dropLast(1))
            scale = rateScales[letter].map { $0 * 8 }
        } else if name.hasSuffix("bit") {
            scale = rateScales[String(name.dropLast(3))]
        } else if perSecond, name.hasSuffix("b") {
            scale = rateScales[String(name.dropLast(1))]
        } else {
            scale = rateScales[name]
        }
        guard let scale else {
            throw ValueError(
                "“\(unit)” in the rate “\(text)” is not a unit", "use bit, kbit, mbit, gbit, tbit or MB/s")
        }
        let value = (number * scale).rounded()
        guard value >= 1 else {
            throw ValueError(
                "a rate of \(text) lets nothing pass", "leave rate out for no limit, or set the link down")
        }
        guard value <= 1e15 else { throw ValueError("the rate “\(text)” is too large", "1000tbit is the limit") }
        return UInt64(value)
    }

    private static let rateScales: [String: Double] = [
        "": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "ki": 1024, "mi": 1_048_576, "gi": 1_073_741_824,
        "ti": 1_099_511_627_776,
    ]

    static func timeValue(_ text: String) throws(ValueError) -> UInt64 {
        let (number, unit) = try split(text, "time", "write a time such as 20ms")
        let scale: Double
        switch unit.lowercased() {
        case "ns", "nsec", "nsecs": scale = 1
        case "us", "µs", "μs", "usec", "usecs": scale = 1e3
        case "ms", "msec", "msecs": scale = 1e6
        case "s", "sec", "secs": scale = 1e9
        case "m", "min": scale = 60e9
        case "h": scale = 3600e9
        case "":
            guard number == 0 else {
                throw ValueError("the time “\(text)” has no unit", "write \(text)ms, \(text)us or \(text)s")
            }
            scale = 1
        default:
            throw ValueError("“\(unit)” in the time “\(text)” is not a unit", "use ns, us, ms, s, min or h")
        }
        let value = (number * scale).rounded()
        guard value <= 1e17 else { throw ValueError("the time “\(text)” is too long", "three years are the limit") }
        return UInt64(value)
    }

    static func sizeValue(_ text: String) throws(ValueError) -> UInt64 {
        let (number, unit) = try split(text, "size", "write a size such as 64kB or 128M")
        let scale: Double
        switch unit.lowercased() {
        case "", "b": scale = 1
        case "k", "kb", "kib": scale = 1024
        case "m", "mb", "mib": scale = 1_048_576
        case "g", "gb", "gib": scale = 1_073_741_824
        case "t", "tb", "tib": scale = 1_099_511_627_776
        default: throw ValueError("“\(unit)” in the size “\(text)” is not a unit", "use B, kB, MB or GB")
        }
        let value = (number * scale).rounded(.down)
        guard value <= 1e18 else { throw ValueError("the size “\(text)” is too large", "2^59 bytes are the limit") }
        return UInt64(value)
    }

    static func percentValue(_ text: String) throws(ValueError) -> Double {
        let (number, unit) = try split(text, "share", "write a share such as 5%")
        guard unit == "%" || (unit.isEmpty && number == 0) else {
            throw ValueError(
                unit.isEmpty
                    ? "the share “\(text)” has no percent sign"
                    : "“\(unit)” in the share “\(text)” is not a percent sign",
                "write \(plain(number))%")
        }
        guard number <= 100 else { throw ValueError("\(text) is more than everything", "0% to 100% are possible") }
        return number / 100
    }

    static func countValue(_ text: String, _ range: ClosedRange<Int>, _ what: String) throws(ValueError) -> Int {
        guard let value = Int(text.replacing("_", with: "")), range.contains(value) else {
            throw ValueError(
                "“\(text)” is not \(what)", "write a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    static func realValue(_ text: String, _ range: ClosedRange<Double>, _ what: String) throws(ValueError) -> Double {
        guard let value = Double(text), value.isFinite, range.contains(value) else {
            throw ValueError(
                "“\(text)” is not \(what)",
                "write a number from \(plain(range.lowerBound)) to \(plain(range.upperBound))")
        }
        return value
    }

    /// A number without sign or exponent, and what follows it.
    private static func split(
        _ text: String, _ what: String, _ remedy: String
    ) throws(ValueError) -> (number: Double, unit: String) {
        let trimmed = text.trimmed
        if trimmed.hasPrefix("-") {
            throw ValueError("the \(what) “\(text)” is negative", "0 is the least")
        }
        let digits = trimmed.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "_") }
        guard digits.first?.isNumber == true, let number = Double(digits.filter { $0 != "_" }) else {
            throw ValueError("“\(text)” is not a \(what)", remedy)
        }
        return (number, String(trimmed[digits.endIndex...]).trimmed)
    }

    /// A number as people write it: `20`, `0.5`.
    static func plain(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    /// `10mbit`, `1gbit`: what `rate` reads back to the same value.
    public static func describe(rate: UInt64) -> String {
        for (scale, unit) in [
            (1_000_000_000_000, "tbit"), (1_000_000_000, "gbit"), (1_000_000, "mbit"), (1_000, "kbit"),
        ]
            as [(UInt64, String)]
        where rate >= scale && (rate * 1000) % scale == 0 {
            return plain(Double(rate) / Double(scale)) + unit
        }
        return "\(rate)bit"
    }

    /// `20ms`, `1.5s`: what `time` reads back to the same value.
    public static func describe(time: UInt64) -> String {
        for (scale, unit) in [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")] as [(UInt64, String)]
        where time >= scale && (time * 1000) % scale == 0 {
            return plain(Double(time) / Double(scale)) + unit
        }
        return "\(time)ns"
    }

    /// `5%`, `0.01%`
    public static func describe(share: Double) -> String {
        plain((share * 100 * 1e6).rounded() / 1e6) + "%"
    }
}

extension StringProtocol {
    /// Without blanks, tabs and line ends at both ends.
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
