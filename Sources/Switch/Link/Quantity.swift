/// Durations, rates and shares as people write them, to three significant digits.
enum Quantity {
    /// `nanoseconds` as "850 ns", "8.2 µs", "10 ms", "1.5 s".
    static func duration(_ nanoseconds: UInt64) -> String {
        scaled(Double(nanoseconds), by: 1000, units: ["ns", "µs", "ms", "s"])
    }

    /// `bitsPerSecond` as "100 Mbit/s".
    static func rate(_ bitsPerSecond: Double) -> String {
        scaled(bitsPerSecond, by: 1000, units: ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"])
    }

    /// `share` as "0.1 %".
    static func percent(_ share: Double) -> String { decimal(share * 100) + " %" }

    private static func scaled(_ value: Double, by step: Double, units: [String]) -> String {
        var value = value
        var unit = 0
        // 999.6 would be printed as 1000.
        while value >= step - 0.5, unit + 1 < units.count {
            value /= step
            unit += 1
        }
        return decimal(value) + " " + units[unit]
    }

    /// Three significant digits, at most six decimals, no trailing zeros.
    static func decimal(_ value: Double) -> String {
        guard value.isFinite, value < 1e15 else { return "\(value)" }
        var scale = 1.0
        var decimals = 0
        while value * scale < 99.95, decimals < 6 {
            scale *= 10
            decimals += 1
        }
        let number = Int(value * scale + 0.5)
        var power = 1
        for _ in 0..<decimals { power *= 10 }
        guard decimals > 0, number % power != 0 else { return "\(number / power)" }
        var fraction = String(number % power)
        fraction = String(repeating: "0", count: decimals - fraction.count) + fraction
        while fraction.last == "0" { fraction.removeLast() }
        return "\(number / power).\(fraction)"
    }
}
