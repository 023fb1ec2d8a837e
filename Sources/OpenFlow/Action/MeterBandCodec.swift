import Switch

/// The bands of meters (OpenFlow 1.5, 7.3.4.5).
public enum MeterBandCodec {
    private static let drop: UInt16 = 1
    private static let remarkDSCP: UInt16 = 2
    private static let byteCount = 16

    /// Reads bands to the end of the reader.
    public static func decode(_ reader: inout WireReader) throws(OpenFlowError) -> [Meter.Band] {
        var bands: [Meter.Band] = []
        reader.shortage = .badRequest(.badLength)
        while !reader.isAtEnd {
            guard let length = reader.peek16(at: 2) else { throw .badRequest(.badLength) }
            let type = reader.peek16()
            guard type == drop || type == remarkDSCP else { throw .meterModFailed(.badBand) }
            guard Int(length) == byteCount else { throw .badRequest(.badLength) }
            var band = try reader.slice(byteCount)
            try band.skip(4)
            let rate = try band.uint32()
            let burst = try band.uint32()
            let effect: Meter.Band.Effect =
                type == drop ? .drop : .remarkDSCP(precedence: try band.uint8())
            bands.append(Meter.Band(effect, rate: rate, burst: burst))
        }
        return bands
    }

    /// Writes bands.
    public static func encode(_ bands: [Meter.Band], into writer: inout WireWriter) {
        for band in bands {
            var precedence: UInt8 = 0
            if case .remarkDSCP(let value) = band.effect { precedence = value }
            writer.uint16(band.effect == .drop ? drop : remarkDSCP)
            writer.uint16(UInt16(byteCount))
            writer.uint32(band.rate)
            writer.uint32(band.burst)
            writer.uint8(precedence)
            writer.zeros(3)
        }
    }
}
