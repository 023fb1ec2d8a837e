/// Which option of a tunnel's header is which `tun_metadata` field of a bridge's flows (Nicira's `NXT_TLV_TABLE_MOD`).
public struct TunnelOptionTable: Equatable, Sendable {
    /// One option (RFC 8926, 3.5), and the field that it is (`nx_tlv_map`).
    public struct Mapping: Hashable, Sendable {
        public var optionClass: UInt16
        public var optionType: UInt8
        /// Bytes of the option, a multiple of 4.
        public var optionLength: UInt8
        /// N of `tun_metadataN`.
        public var index: UInt16

        public init(optionClass: UInt16, optionType: UInt8, optionLength: UInt8, index: UInt16) {
            self.optionClass = optionClass
            self.optionType = optionType
            self.optionLength = optionLength
            self.index = index
        }
    }

    /// Why a change of the table was refused (`NXTTMFC_*`).
    public enum Refusal: Error, Equatable, Sendable {
        case badLength, badIndex, tableFull, alreadyMapped, duplicate
        /// Flows use the field.
        case inUse
    }

    /// Bytes that all options of a bridge may have together.
    public static let space = 256

    /// In the order of their fields.
    public private(set) var mappings: [Mapping] = []

    public init() {}

    /// Bytes of option `index`; nil: it is not mapped.
    func byteCount(_ index: Int) -> Int? { mappings.first { $0.index == index }.map { Int($0.optionLength) } }

    mutating func add(_ new: [Mapping]) throws(Refusal) {
        var table = mappings
        for mapping in new {
            let byteCount = Int(mapping.optionLength)
            guard byteCount % 4 == 0, 4...TunnelOption.maximumByteCount ~= byteCount else { throw .badLength }
            guard mapping.index < TunnelOption.count else { throw .badIndex }
            guard !table.contains(where: { $0.index == mapping.index }) else { throw .alreadyMapped }
            guard
                !table.contains(where: {
                    $0.optionClass == mapping.optionClass && $0.optionType == mapping.optionType
                })
            else { throw .duplicate }
            table.append(mapping)
        }
        guard table.reduce(0, { $0 + Int($1.optionLength) }) <= Self.space else { throw .tableFull }
        mappings = table.sorted { $0.index < $1.index }
    }

    mutating func remove(_ indices: [Int]) { mappings.removeAll { indices.contains(Int($0.index)) } }

    // MARK: What flows say

    /// An option in as many bytes as it has.
    func bound(_ option: TunnelOption) throws(ModificationError) -> TunnelOption {
        guard let byteCount = byteCount(option.index) else { throw .unmappedOption }
        guard let bound = option.resized(to: byteCount) else { throw .badOptionLength }
        // A mask of all bits is none.
        let isWhole = bound.mask?.allSatisfy { $0 == 0xff } ?? true
        return isWhole ? TunnelOption(index: bound.index, value: bound.value) : bound
    }

    /// A match whose options have the bytes that they have here.
    func bound(_ match: Match) throws(ModificationError) -> Match {
        var indices = match.mask[word: FlowKey.optionWord]
        if indices == 0 { return match }
        var result = match
        while indices != 0 {
            let index = indices.trailingZeroBitCount
            guard byteCount(index) != nil else { throw .unmappedOption }
            if let option = match.options.first(where: { $0.index == index }) { result.set(try bound(option)) }
            indices &= indices &- 1
        }
        return result
    }

    /// Actions whose options have the bytes that they have here.
    func bound(_ actions: [Action]) throws(ModificationError) -> [Action] {
        guard actions.contains(where: \.usesOptions) else { return actions }
        var result: [Action] = []
        result.reserveCapacity(actions.count)
        for action in actions { result.append(try bound(action)) }
        return result
    }

    private func bound(_ action: Action) throws(ModificationError) -> Action {
        switch action {
        case .setTunnelOption(let option): return .setTunnelOption(try bound(option))
        case .deleteField(let field): try check(Subfield(field, start: 0, count: 1))
        case .clone(let inner): return .clone(try bound(inner))
        case .connectionTrack(var tracking):
            if case .field(let bits) = tracking.zone { try check(bits) }
            tracking.actions = try bound(tracking.actions)
            return .connectionTrack(tracking)
        default: for bits in action.bits { try check(bits) }
        }
        return action
    }

    private func check(_ bits: Subfield) throws(ModificationError) {
        guard let index = bits.field.tunnelOption else { return }
        guard let byteCount = byteCount(index) else { throw .unmappedOption }
        guard bits.start + bits.count <= 8 * byteCount else { throw .badOptionBits }
    }

    func bound(_ instructions: Instructions) throws(ModificationError) -> Instructions {
        guard instructions.apply.contains(where: \.usesOptions) || instructions.write.contains(where: \.usesOptions)
        else { return instructions }
        var result = instructions
        result.apply = try bound(instructions.apply)
        result.write = try bound(instructions.write)
        return result
    }

    /// The options that a packet comes with, by the fields that somebody gives with it; those that are not mapped are not.
    func options(of fields: Match) -> [TunnelOption] {
        fields.allOptions.compactMap { option in
            byteCount(option.index).map { option.fitted(to: $0) }
        }
    }
}

extension Match {
    /// Whether it asks for options of tunnels.
    var usesOptions: Bool { mask[word: FlowKey.optionWord] != 0 }
}

extension Action {
    /// Bits of fields that the action names, but for those of actions inside.
    fileprivate var bits: [Subfield] {
        switch self {
        case .load(_, let bits), .push(let bits), .pop(let bits), .outputField(let bits, _),
            .checkPacketLarger(_, let bits):
            [bits]
        case .move(let source, let target): [source, target]
        case .multipath(let choice): [choice.destination]
        case .bundle(let choice): choice.destination.map { [$0] } ?? []
        case .learn(let flow): flow.bits
        case .deleteField(let field): [Subfield(field, start: 0, count: 1)]
        default: []
        }
    }

    /// Whether it has to do with options of tunnels.
    var usesOptions: Bool {
        switch self {
        case .output, .controller, .group, .resubmit: false
        case .setTunnelOption, .deleteField: true
        case .clone(let inner): inner.contains(where: \.usesOptions)
        case .connectionTrack(let tracking):
            tracking.zone.option != nil || tracking.actions.contains(where: \.usesOptions)
        default: bits.contains { $0.field.tunnelOption != nil }
        }
    }

    /// The options that it names, a bit each.
    var optionBits: UInt64 {
        switch self {
        case .setTunnelOption(let option): 1 << UInt64(option.index)
        case .clone(let inner): inner.reduce(0) { $0 | $1.optionBits }
        case .connectionTrack(let tracking):
            tracking.actions.reduce(tracking.zone.option.map { 1 << UInt64($0) } ?? 0) { $0 | $1.optionBits }
        default: bits.reduce(0) { $0 | ($1.field.tunnelOption.map { 1 << UInt64($0) } ?? 0) }
        }
    }
}

extension ConnectionTracking.Zone {
    fileprivate var option: Int? {
        if case .field(let bits) = self { bits.field.tunnelOption } else { nil }
    }
}

extension LearnedFlow {
    fileprivate var bits: [Subfield] {
        var result = resultBit.map { [$0] } ?? []
        for specification in specifications {
            switch specification {
            case .match(let source, let target), .load(let source, let target):
                if case .field(let bits) = source { result.append(bits) }
                result.append(target)
            case .output(let bits): result.append(bits)
            }
        }
        return result
    }
}
