import Glibc

/// A number with a fixed count of decimals, as printf's `%.Nf`.
func decimal(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    guard abs(value) < 1e12 else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let number = Int64((abs(value) * scale).rounded())
    let sign = value < 0 && number != 0 ? "-" : ""
    guard decimals > 0 else { return sign + "\(number)" }
    let unit = Int64(scale)
    let fraction = String(number % unit)
    return "\(sign)\(number / unit)." + String(repeating: "0", count: decimals - fraction.count) + fraction
}

/// Quantities in three digits for tables.
enum Readable {
    /// Nanoseconds: `850ns`, `8.2us`, `10ms`, `1.5s`, as `rookery link set` takes them.
    static func time(_ nanoseconds: UInt64) -> String {
        scaled(Double(nanoseconds), units: ["ns", "us", "ms", "s"])
    }

    /// Bits per second: `100mbit`.
    static func rate(_ bits: UInt64) -> String {
        scaled(Double(bits), units: ["bit", "kbit", "mbit", "gbit", "tbit"])
    }

    /// `0.1%`
    static func share(_ share: Double) -> String { short(share * 100) + "%" }

    /// Bytes in steps of 1024: `1.5M`.
    static func size(_ bytes: UInt64) -> String {
        scaled(Double(bytes), step: 1024, units: ["", "K", "M", "G", "T"])
    }

    /// A count in steps of 1000: `12.3k`.
    static func count(_ count: UInt64) -> String { scaled(Double(count), units: ["", "k", "M", "G", "T"]) }

    /// `no flows`, `1 flow`, `7 flows`.
    static func number(of noun: String, _ count: UInt64) -> String {
        count == 1 ? "1 \(noun)" : "\(count == 0 ? "no" : String(count)) \(noun)s"
    }

    /// Seconds since something began: `5s`, `3m12s`, `2h5m`, `4d`.
    static func age(_ seconds: Double) -> String {
        let s = Int(max(0, seconds))
        if s < 60 { return "\(s)s" }
        if s < 3600 { return "\(s / 60)m\(s % 60)s" }
        if s < 86400 { return "\(s / 3600)h\(s / 60 % 60)m" }
        return "\(s / 86400)d\(s / 3600 % 24)h"
    }

    private static func scaled(_ value: Double, step: Double = 1000, units: [String]) -> String {
        var value = value
        var unit = 0
        while value >= step - 0.5, unit + 1 < units.count {
            value /= step
            unit += 1
        }
        return short(value) + units[unit]
    }

    /// Three significant digits without trailing zeros.
    static func short(_ value: Double) -> String {
        var text = decimal(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
        if value > 0, value < 0.01 { text = decimal(value, 4) }
        if text.contains(".") {
            while text.last == "0" { text.removeLast() }
            if text.last == "." { text.removeLast() }
        }
        return text
    }
}
