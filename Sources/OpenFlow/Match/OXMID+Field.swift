import Switch

extension Message.OXMID {
    /// How `version` names a field; nil: it has no name for it.
    /// - Parameter hasMask: whether masks are taken: then the length is that of value and mask (OpenFlow 1.3, 7.2.3.2).
    public init?(_ field: Field, hasMask: Bool = false, version: OpenFlowVersion) {
        guard let type = OXMType(field, version: version) else { return nil }
        let length = UInt32(type.valueBytes(of: field)) * (hasMask ? 2 : 1)
        let isExperimenter = type.classID == OXMType.experimenterClass
        let bytes = isExperimenter ? length + 4 : length
        self.init(
            UInt32(type.classID) << 16 | UInt32(type.number) << 9 | (hasMask ? 1 << 8 : 0) | bytes,
            experimenter: isExperimenter ? type.experimenter : nil)
    }

    /// The field that is named; nil: none that is known.
    public var field: Field? {
        OXMType(
            UInt16(truncatingIfNeeded: header >> 16), UInt8(truncatingIfNeeded: header >> 9) & 0x7f,
            experimenter: experimenter ?? 0
        ).field
    }
}
