import ArgumentParser

/// An amount of memory or disk as people write it: "512", "64K", "256M", "2G", "1T"; units are powers of 1024.
struct ByteQuantity: ExpressibleByArgument, Equatable {
    let byteCount: UInt64

    init?(argument: String) {
        var text = argument.uppercased()[...]
        if text.hasSuffix("IB") { text = text.dropLast(2) } else if text.hasSuffix("B") { text = text.dropLast() }
        var shift: UInt64 = 0
        if let unit = "KMGT".firstIndex(of: text.last ?? " ") {
            shift = 10 * UInt64("KMGT".distance(from: "KMGT".startIndex, to: unit) + 1)
            text = text.dropLast()
        }
        guard text.first != "+", let number = UInt64(text), number <= UInt64.max >> (shift + 1) else { return nil }
        byteCount = number << shift
    }

    var defaultValueDescription: String { Readable.size(byteCount) }
}
