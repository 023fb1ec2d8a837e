/// Decompression of deflate (RFC 1951), as compressed clusters have it: raw, without the header of zlib.
///
/// Codes of up to 10 bits are looked up in one step, longer ones bit by bit.
enum Inflate {
    /// Decompresses into `output`, until that is full or the data ends.
    /// - Returns: the bytes written; nil where the data is invalid or ends too early.
    static func inflate(_ input: [UInt8], into output: UnsafeMutableRawBufferPointer) -> Int? {
        input.withUnsafeBufferPointer { input in
            var stream = Stream(input: input, output: output)
            return stream.run() ? stream.written : nil
        }
    }

    /// A canonical prefix code (RFC 1951, section 3.2.2).
    private struct Code {
        static let fastBits = 10
        /// For the next 10 bits: symbol << 4 | length; 0 where the code is longer.
        var fast: [UInt16]
        /// How many codes have each length.
        var counts = [UInt16](repeating: 0, count: 16)
        /// The symbols by length and value.
        var symbols: [UInt16]

        /// - Returns: nil where the lengths are those of no code. An incomplete code is one: of one distance only.
        init?(lengths: ArraySlice<UInt8>) {
            fast = [UInt16](repeating: 0, count: 1 << Self.fastBits)
            symbols = [UInt16](repeating: 0, count: lengths.count)
            for length in lengths { counts[Int(length)] += 1 }
            counts[0] = 0
            var left = 1
            var firstSymbol = [Int](repeating: 0, count: 16)
            var firstCode = [Int](repeating: 0, count: 16)
            var code = 0
            for length in 1...15 {
                left = left * 2 - Int(counts[length])
                if left < 0 { return nil }
                firstSymbol[length] = firstSymbol[length - 1] + Int(counts[length - 1])
                code = (code + Int(counts[length - 1])) << 1
                firstCode[length] = code
            }
            for (symbol, length) in lengths.enumerated() where length != 0 {
                let length = Int(length)
                symbols[firstSymbol[length]] = UInt16(symbol)
                firstSymbol[length] += 1
                if length <= Self.fastBits {
                    // Codes are sent with their first bit lowest.
                    var reversed = 0
                    for bit in 0..<length where firstCode[length] >> bit & 1 == 1 {
                        reversed |= 1 << (length - 1 - bit)
                    }
                    for index in stride(from: reversed, to: 1 << Self.fastBits, by: 1 << length) {
                        fast[index] = UInt16(symbol) << 4 | UInt16(length)
                    }
                }
                firstCode[length] += 1
            }
        }
    }

    private static let fixedLiterals = Code(
        lengths: ([UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112)
            + [UInt8](repeating: 7, count: 24) + [UInt8](repeating: 8, count: 8))[...])!
    private static let fixedDistances = Code(lengths: [UInt8](repeating: 5, count: 30)[...])!

    private static let lengthBases: [Int] = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits: [Int] = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases: [Int] = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]
    private static let distanceBits: [Int] = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]
    /// The order in which lengths of the code of lengths are sent (section 3.2.7).
    private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private struct Stream {
        let input: UnsafeBufferPointer<UInt8>
        let output: UnsafeMutableRawBufferPointer
        var written = 0
        private var position = 0
        private var bits: UInt64 = 0
        private var bitCount = 0

        init(input: UnsafeBufferPointer<UInt8>, output: UnsafeMutableRawBufferPointer) {
            self.input = input
            self.output = output
        }

        /// - Returns: false where the data is invalid.
        mutating func run() -> Bool {
            while true {
                guard let isLast = take(1), let type = take(2) else { return false }
                switch type {
                case 0: if !stored() { return false }
                case 1: if !coded(fixedLiterals, fixedDistances) { return false }
                case 2: if !dynamic() { return false }
                default: return false
                }
                if isLast == 1 || written == output.count { return true }
            }
        }

        private mutating func fill() {
            while bitCount <= 56 && position < input.count {
                bits |= UInt64(input[position]) << UInt64(bitCount)
                position += 1
                bitCount += 8
            }
        }

        private mutating func take(_ count: Int) -> Int? {
            if bitCount < count { fill() }
            if bitCount < count { return nil }
            let value = Int(bits & (1 << UInt64(count) - 1))
            bits >>= UInt64(count)
            bitCount -= count
            return value
        }

        private mutating func symbol(_ code: borrowing Code) -> Int? {
            if bitCount < 15 { fill() }
            let entry = code.fast[Int(bits & (1 << UInt64(Code.fastBits) - 1))]
            if entry != 0 {
                let length = Int(entry & 15)
                if length > bitCount { return nil }
                bits >>= UInt64(length)
                bitCount -= length
                return Int(entry >> 4)
            }
            var value = 0
            var first = 0
            var index = 0
            for length in 1...15 {
                if length > bitCount { return nil }
                value |= Int(bits >> UInt64(length - 1) & 1)
                let count = Int(code.counts[length])
                if value - count < first {
                    bits >>= UInt64(length)
                    bitCount -= length
                    return Int(code.symbols[index + value - first])
                }
                index += count
                first = (first + count) << 1
                value <<= 1
            }
            return nil
        }

        private mutating func stored() -> Bool {
            let rest = bitCount % 8
            bits >>= UInt64(rest)
            bitCount -= rest
            guard let count = take(16), let check = take(16), count == check ^ 0xffff else { return false }
            for _ in 0..<count {
                if written == output.count { return true }
                guard let byte = take(8) else { return false }
                output[written] = UInt8(byte)
                written += 1
            }
            return true
        }

        private mutating func dynamic() -> Bool {
            guard let literalCount = take(5), let distanceCount = take(5), let lengthCount = take(4),
                literalCount <= 29, distanceCount <= 29
            else { return false }
            var lengths = [UInt8](repeating: 0, count: 19)
            for index in 0..<(lengthCount + 4) {
                guard let length = take(3) else { return false }
                lengths[lengthOrder[index]] = UInt8(length)
            }
            guard let lengthCode = Code(lengths: lengths[...]) else { return false }
            let total = literalCount + 257 + distanceCount + 1
            lengths = []
            while lengths.count < total {
                guard let symbol = symbol(lengthCode) else { return false }
                switch symbol {
                case 16:
                    guard let last = lengths.last, let more = take(2) else { return false }
                    lengths += [UInt8](repeating: last, count: more + 3)
                case 17:
                    guard let more = take(3) else { return false }
                    lengths += [UInt8](repeating: 0, count: more + 3)
                case 18:
                    guard let more = take(7) else { return false }
                    lengths += [UInt8](repeating: 0, count: more + 11)
                default: lengths.append(UInt8(symbol))
                }
            }
            // The end of a block must have a code.
            guard lengths.count == total, lengths[256] != 0,
                let literals = Code(lengths: lengths[..<(literalCount + 257)]),
                let distances = Code(lengths: lengths[(literalCount + 257)...])
            else { return false }
            return coded(literals, distances)
        }

        private mutating func coded(_ literals: Code, _ distances: Code) -> Bool {
            while written < output.count {
                guard let value = symbol(literals) else { return false }
                if value < 256 {
                    output[written] = UInt8(value)
                    written += 1
                    continue
                }
                if value == 256 { return true }
                let lengthIndex = value - 257
                guard lengthIndex < lengthBases.count, let lengthMore = take(lengthBits[lengthIndex]),
                    let distanceIndex = symbol(distances), distanceIndex < distanceBases.count,
                    let distanceMore = take(distanceBits[distanceIndex])
                else { return false }
                let distance = distanceBases[distanceIndex] + distanceMore
                if distance > written { return false }
                let end = min(written + lengthBases[lengthIndex] + lengthMore, output.count)
                while written < end {
                    output[written] = output[written - distance]
                    written += 1
                }
            }
            return true
        }
    }
}
