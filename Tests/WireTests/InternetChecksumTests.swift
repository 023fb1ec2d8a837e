import Testbed
import Testing
import Wire

@Suite struct InternetChecksumTests {
    /// The definition of RFC 1071, word by word.
    static func plain(_ bytes: some Collection<UInt8>) -> UInt16 {
        var sum: UInt32 = 0
        var high = true
        for byte in bytes {
            sum += high ? UInt32(byte) << 8 : UInt32(byte)
            high.toggle()
            sum = (sum & 0xffff) + (sum >> 16)
        }
        return ~UInt16(sum)
    }

    /// RFC 1071, section 3: the example's sum is ddf2.
    @Test func exampleOfTheRFC() {
        let bytes = hex("00 01 f2 03 f4 f5 f6 f7")
        #expect(bytes.withUnsafeBytes { InternetChecksum.checksum(of: $0) } == ~0xddf2)
    }

    @Test func agreesWithTheDefinitionAtEveryLengthAndAlignment() {
        var random = SeededGenerator(seed: 1)
        let bytes = (0..<400).map { _ in UInt8.random(in: 0...255, using: &random) }
        for start in 0..<9 {
            for length in 0..<(bytes.count - start) {
                let slice = bytes[start..<(start + length)]
                let sum = bytes.withUnsafeBytes {
                    InternetChecksum.checksum(of: UnsafeRawBufferPointer(rebasing: $0[start..<(start + length)]))
                }
                #expect(sum == Self.plain(slice))
            }
        }
    }

    @Test func doesNotOverflow() {
        let bytes = [UInt8](repeating: 0xff, count: 65536)
        #expect(bytes.withUnsafeBytes { InternetChecksum.checksum(of: $0) } == 0)
    }

    @Test func pieceByPiece() {
        var random = SeededGenerator(seed: 2)
        let bytes = (0..<64).map { _ in UInt8.random(in: 0...255, using: &random) }
        var sum = InternetChecksum()
        bytes.withUnsafeBytes { raw in
            let start = raw.baseAddress!
            sum.add(start.loadBigEndian16())
            sum.add(start.loadBigEndian32(at: 2))
            sum.add(start.loadBigEndian64(at: 6))
            sum.add(UnsafeRawBufferPointer(rebasing: raw[14..<30]))
            var rest = InternetChecksum()
            rest.add(UnsafeRawBufferPointer(rebasing: raw[30...]))
            sum.add(rest)
        }
        #expect(sum.value == Self.plain(bytes))
        #expect(InternetChecksum(continuing: sum.folded).value == sum.value)
    }

    @Test func updatesAsIfComputedAnew() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<5000 {
            var bytes = (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
            let before = Self.plain(bytes)
            let old16 = UInt16(bytes[6]) << 8 | UInt16(bytes[7])
            let new16 = UInt16.random(in: 0...UInt16.max, using: &random)
            bytes[6] = UInt8(new16 >> 8)
            bytes[7] = UInt8(new16 & 255)
            let after = InternetChecksum.update(before, from: old16, to: new16)
            #expect(after == Self.plain(bytes))
        }
    }

    /// RFC 1624, section 4: the case in which RFC 1141's formula fails.
    @Test func exampleOfRFC1624() {
        #expect(InternetChecksum.update(0xdd2f, from: UInt16(0x5555), to: UInt16(0x3285)) == 0x0000)
    }

    @Test func pseudoHeaders() {
        var v4 = InternetChecksum()
        v4.addPseudoHeader(
            source: IPv4Address(10, 0, 0, 1), destination: IPv4Address(10, 0, 0, 2), protocol: 17, byteCount: 9)
        #expect(v4.value == Self.plain(hex("0a000001 0a000002 00 11 0009")))
        var v6 = InternetChecksum()
        v6.addPseudoHeader(source: .loopback, destination: .allNodes, protocol: 58, byteCount: 70_000)
        let bytes =
            hex("00000000000000000000000000000001 ff020000000000000000000000000001 00011170 000000 3a")
        #expect(v6.value == Self.plain(bytes))
    }

    /// RFC 9260 names RFC 3720's vectors: 32 bytes of zeros, of ones, and ascending.
    @Test func crc32c() {
        func crc(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { CRC32C.checksum(of: $0) } }
        #expect(crc([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(crc([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
        #expect(crc(Array(0..<32)) == 0x46dd_794e)
        let whole = Array("123456789".utf8)
        #expect(crc(whole) == 0xe306_9283)
        let first = crc(Array(whole[..<4]))
        #expect(whole[4...].withUnsafeBytes { CRC32C.checksum(of: $0, continuing: first) } == 0xe306_9283)
    }
}
