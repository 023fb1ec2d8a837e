// Properties: a type and a length, something behind it, and padding to a multiple of 8 that the length does not count
// (OpenFlow 1.4, 7.1.2).

extension WireReader {
    /// The next property: its type, and a reader behind its header.
    mutating func property() throws(OpenFlowError) -> (type: UInt16, body: WireReader) {
        let start = position
        guard let type = peek16(), let length = peek16(at: 2), length >= 4, Int(length) <= remaining else {
            throw .badProperty(.badLength)
        }
        var body = try slice(Int(length), shortage: .badProperty(.badLength))
        try body.skip(4)
        // The last one's padding may be missing.
        try skip(min((8 - (position - start) % 8) % 8, remaining))
        return (type, body)
    }

    /// What is behind the header of an experimenter's property, or of one that is like it.
    mutating func experimenter() throws(OpenFlowError) -> Experimenter {
        let id = try uint32()
        let type = try uint32()
        return Experimenter(id: id, type: type, data: rest())
    }
}

extension WireWriter {
    static let experimenterProperty: UInt16 = 0xffff

    /// Writes a property with what `body` writes.
    @inline(__always)
    mutating func property(_ type: UInt16, _ body: (inout WireWriter) -> Void) {
        let start = count
        uint16(type)
        zeros(2)
        body(&self)
        patchLength(from: start)
        align(to: 8, from: start)
    }

    /// Writes an action or an instruction with what `body` writes: like a property, but its length counts the padding.
    @inline(__always)
    mutating func paddedFrame(_ type: UInt16, _ body: (inout WireWriter) -> Void) {
        let start = count
        uint16(type)
        zeros(2)
        body(&self)
        align(to: 8, from: start)
        patchLength(from: start)
    }

    mutating func experimenters(_ list: [Experimenter], type: UInt16 = WireWriter.experimenterProperty) {
        for experimenter in list { property(type) { $0.experimenter(experimenter) } }
    }

    mutating func experimenter(_ experimenter: Experimenter) {
        uint32(experimenter.id)
        uint32(experimenter.type)
        bytes(experimenter.data)
    }
}
