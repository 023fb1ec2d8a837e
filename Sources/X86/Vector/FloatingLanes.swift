import CX86

/// How the elements of a floating-point instruction hang together, as far as overflow and underflow are concerned: in `Op.extra`.
///
/// While one of the two is unmasked, flags must be told apart by element. An element that raises it is not rounded, so it adds
/// no precision flag; and an exact denormal result raises underflow, of which the host's flags, taken with everything masked,
/// say nothing.
enum FloatingLanes: UInt8 {
    /// Neither can happen, or (dot products) elements are not told apart.
    case unspecified
    /// Element by element.
    case singles, doubles
    /// Only the lowest element.
    case oneSingle, oneDouble
    /// Pairs of neighbours, first of the destination, then of the source.
    case singlePairs, doublePairs
    /// Two doubles become singles; one does.
    case narrowed, oneNarrowed

    /// Flags of overflow, underflow and precision.
    /// - Parameters:
    ///   - mxcsr: what the instruction runs under, everything masked.
    ///   - unmasked: flags whose exceptions the guest has unmasked.
    func lateFlags(
        _ function: cx86_floating, _ destination: UnsafeRawPointer, _ source: UnsafeRawPointer, _ mxcsr: UInt32,
        _ unmasked: UInt32
    ) -> UInt32 {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 16) { operands in
            let (a, b) = (operands.baseAddress!, operands.baseAddress! + 16)
            var flags: UInt32 = 0
            // Each part alone, among ones, which raise nothing.
            for part in parts {
                fill(a)
                fill(b)
                for (operand, offset, count) in part {
                    let from = operand == 0 ? destination : source
                    (operand == 0 ? a : b).advanced(by: offset).copyMemory(from: from + offset, byteCount: count)
                }
                var raised = function(a, b, mxcsr) & (MXCSR.late | MXCSR.precision)
                if unmasked & MXCSR.underflow != 0, hasDenormal(a) { raised |= MXCSR.underflow }
                if raised & unmasked & MXCSR.late != 0 { raised &= ~MXCSR.precision }
                flags |= raised
            }
            return flags
        }
    }

    private var isSingle: Bool {
        switch self {
        case .singles, .oneSingle, .singlePairs: true
        default: false
        }
    }

    private func fill(_ vector: UnsafeMutableRawPointer) {
        let ones: Vector128 =
            isSingle ? Vector128(repeating: 0x3f80_0000_3f80_0000) : Vector128(repeating: 0x3ff0_0000_0000_0000)
        vector.storeBytes(of: ones, as: Vector128.self)
    }

    /// What is looked at alone: bytes of the destination (0) and of the source (1).
    private var parts: [[(operand: Int, offset: Int, count: Int)]] {
        switch self {
        case .unspecified: []
        case .singles: (0..<4).map { [(0, $0 * 4, 4), (1, $0 * 4, 4)] }
        case .doubles: (0..<2).map { [(0, $0 * 8, 8), (1, $0 * 8, 8)] }
        case .oneSingle: [[(0, 0, 4), (1, 0, 4)]]
        case .oneDouble: [[(0, 0, 8), (1, 0, 8)]]
        case .singlePairs: [[(0, 0, 8)], [(0, 8, 8)], [(1, 0, 8)], [(1, 8, 8)]]
        case .doublePairs: [[(0, 0, 16)], [(1, 0, 16)]]
        case .narrowed: [[(1, 0, 8)], [(1, 8, 8)]]
        case .oneNarrowed: [[(1, 0, 8)]]
        }
    }

    private func hasDenormal(_ result: UnsafeRawPointer) -> Bool {
        switch self {
        case .unspecified: false
        case .singles, .singlePairs, .narrowed: (0..<4).contains { isDenormalSingle(result, $0) }
        case .oneSingle, .oneNarrowed: isDenormalSingle(result, 0)
        case .doubles, .doublePairs: isDenormalDouble(result, 0) || isDenormalDouble(result, 1)
        case .oneDouble: isDenormalDouble(result, 0)
        }
    }

    private func isDenormalSingle(_ result: UnsafeRawPointer, _ lane: Int) -> Bool {
        let bits = result.load(fromByteOffset: lane * 4, as: UInt32.self)
        return bits & 0x7f80_0000 == 0 && bits & 0x7f_ffff != 0
    }

    private func isDenormalDouble(_ result: UnsafeRawPointer, _ lane: Int) -> Bool {
        let bits = result.load(fromByteOffset: lane * 8, as: UInt64.self)
        return bits & 0x7ff0_0000_0000_0000 == 0 && bits & 0xf_ffff_ffff_ffff != 0
    }
}
