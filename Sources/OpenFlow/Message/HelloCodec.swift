/// Hellos, errors and what every version writes alike (OpenFlow 1.5, 7.5).
enum HelloCodec {
    private static let versionBitmap: UInt16 = 1

    /// Elements that are not known, or are broken, are passed over: somebody newer may have sent them.
    static func decode(_ reader: inout WireReader, version: UInt8) -> Message.Hello {
        var hello = Message.Hello(version: version)
        while let type = reader.peek16(), let length = reader.peek16(at: 2), length >= 4 {
            let start = reader.position
            guard var element = try? reader.slice(Int(length)) else { break }
            if type == versionBitmap, length >= 8, (try? element.skip(4)) != nil {
                hello.bitmap = (try? element.uint32()) ?? 0
            }
            guard (try? reader.align(to: 8, from: start)) != nil else { break }
        }
        return hello
    }

    static func encode(_ hello: Message.Hello, into writer: inout WireWriter) {
        guard let bitmap = hello.bitmap else { return }
        writer.uint16(versionBitmap)
        writer.uint16(8)
        writer.uint32(bitmap)
    }

    // MARK: Errors

    static func decodeError(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.ErrorReport {
        var number = ErrorNumber(type: try reader.uint16(), code: try reader.uint16())
        // An experimenter whose id is 0 is nobody; then the id is the first of the data.
        let isNobody = reader.peek32() == 0
        if version >= .v12, number.type == ErrorNumber.experimenterType, !isNobody {
            number = ErrorNumber(experimenter: try reader.uint32(), type: number.code, code: 0)
        } else if number.type == ErrorNumber.niciraType, number.code == 0, !isNobody {
            number.experimenter = try reader.uint32()
            number.type = try reader.uint16()
            number.code = try reader.uint16()
        }
        return Message.ErrorReport(OpenFlowError(number, version: version), data: reader.rest())
    }

    static func encode(_ report: Message.ErrorReport, version: OpenFlowVersion, into writer: inout WireWriter) {
        let substitute = OpenFlowError.badRequest(.unencodableError)
        let number = report.error.number(in: version) ?? substitute.number(in: version)!
        if number.experimenter == 0 {
            writer.uint16(number.type)
            writer.uint16(number.code)
        } else if version >= .v12 {
            writer.uint16(ErrorNumber.experimenterType)
            writer.uint16(number.type)
            writer.uint32(number.experimenter)
        } else {
            writer.uint16(ErrorNumber.niciraType)
            writer.uint16(0)
            writer.uint32(number.experimenter)
            writer.uint16(number.type)
            writer.uint16(number.code)
        }
        writer.bytes(report.data)
    }
}
