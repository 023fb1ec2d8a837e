import CX86

/// Overflow and underflow while one of them is unmasked: in `Op.extra` of an instruction that can raise them.
///
/// The host's flags, taken with everything masked, do not say enough then. An element that raises an unmasked one is rounded as if
/// the exponent had no bounds, and only if that is inexact it raises precision too; and an exact denormal result raises underflow. So
/// every element is looked at alone.
struct LateExceptions: Equatable {
    enum Lanes: UInt8 {
        /// Element by element.
        case singles = 1
        case doubles
        /// Only the lowest element.
        case oneSingle, oneDouble
        /// Pairs of neighbours, first of the destination, then of the source.
        case singlePairs, doublePairs
        /// Doubles of the source become singles: two; one.
        case narrowed, oneNarrowed
    }

    /// What is done to elements; their numbers are those of `cx86_is_inexact`.
    enum Arithmetic: UInt8 {
        case add, subtract, multiply, divide, convert
        /// ADDSUBPS: subtraction in elements of even number, addition in the others.
        case alternate
    }

    private let lanes: Lanes?
    private let arithmetic: Arithmetic

    init(_ lanes: Lanes, _ arithmetic: Arithmetic) {
        self.lanes = lanes
        self.arithmetic = arithmetic
    }

    private init() {
        lanes = nil
        arithmetic = .add
    }

    /// The instruction raises neither.
    static let none = LateExceptions()

    var rawValue: UInt8 { (lanes?.rawValue ?? 0) | arithmetic.rawValue << 4 }

    /// - Returns: nil: `none`.
    init?(rawValue: UInt8) {
        guard let lanes = Lanes(rawValue: rawValue & 15), let arithmetic = Arithmetic(rawValue: rawValue >> 4) else {
            return nil
        }
        self.init(lanes, arithmetic)
    }

    /// Flags of overflow, underflow and precision.
    /// - Parameters:
    ///   - mxcsr: what the instruction runs under, everything masked.
    ///   - unmasked: flags whose exceptions the guest has unmasked.
    func flags(
        _ function: cx86_floating, _ destination: UnsafeRawPointer, _ source: UnsafeRawPointer, _ mxcsr: UInt32,
        _ unmasked: UInt32
    ) -> UInt32 {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 16) { copies in
            let (a, b) = (copies.baseAddress!, copies.baseAddress! + 16)
            let vectors = [destination, source]
            var flags: UInt32 = 0
            for (number, element) in elements.enumerated() {
                // The element among ones, which raise nothing.
                fill(a)
                fill(b)
                for place in [element.left, element.right] {
                    (place.vector == 0 ? a : b).advanced(by: place.offset).copyMemory(
                        from: vectors[place.vector] + place.offset, byteCount: isSingle ? 4 : 8)
                }
                var raised = function(a, b, mxcsr) & (MXCSR.late | MXCSR.precision)
                if unmasked & MXCSR.underflow != 0, hasDenormal(a) { raised |= MXCSR.underflow }
                if raised & unmasked & MXCSR.late != 0 {
                    let isInexact = cx86_is_inexact(
                        arithmetic == .alternate ? UInt8(1 - number & 1) : arithmetic.rawValue,
                        vectors[element.left.vector] + element.left.offset,
                        vectors[element.right.vector] + element.right.offset, isSingle, UInt8(mxcsr >> 13 & 3))
                    raised = isInexact ? raised | MXCSR.precision : raised & ~MXCSR.precision
                }
                flags |= raised
            }
            return flags
        }
    }

    /// Whether operands are singles.
    private var isSingle: Bool { lanes == .singles || lanes == .oneSingle || lanes == .singlePairs }

    private func fill(_ vector: UnsafeMutableRawPointer) {
        let ones: UInt64 = isSingle ? 0x3f80_0000_3f80_0000 : 0x3ff0_0000_0000_0000
        vector.storeBytes(of: Vector128(repeating: ones), as: Vector128.self)
    }

    /// A number in the destination (vector 0) or the source (1), and its offset there.
    private struct Place {
        var vector: Int
        var offset: Int
    }

    private var elements: [(left: Place, right: Place)] {
        func aligned(_ offsets: [Int]) -> [(left: Place, right: Place)] {
            offsets.map { (Place(vector: 0, offset: $0), Place(vector: 1, offset: $0)) }
        }
        func pairs(_ offsets: [Int], _ size: Int) -> [(left: Place, right: Place)] {
            [0, 1].flatMap { vector in
                offsets.map { (Place(vector: vector, offset: $0), Place(vector: vector, offset: $0 + size)) }
            }
        }
        func sources(_ offsets: [Int]) -> [(left: Place, right: Place)] {
            offsets.map { (Place(vector: 1, offset: $0), Place(vector: 1, offset: $0)) }
        }
        return switch lanes {
        case nil: []
        case .singles: aligned([0, 4, 8, 12])
        case .doubles: aligned([0, 8])
        case .oneSingle, .oneDouble: aligned([0])
        case .singlePairs: pairs([0, 8], 4)
        case .doublePairs: pairs([0], 8)
        case .narrowed: sources([0, 8])
        case .oneNarrowed: sources([0])
        }
    }

    private func hasDenormal(_ result: UnsafeRawPointer) -> Bool {
        func single(_ lane: Int) -> Bool {
            let bits = result.load(fromByteOffset: lane * 4, as: UInt32.self)
            return bits & 0x7f80_0000 == 0 && bits & 0x7f_ffff != 0
        }
        func double(_ lane: Int) -> Bool {
            let bits = result.load(fromByteOffset: lane * 8, as: UInt64.self)
            return bits & 0x7ff0_0000_0000_0000 == 0 && bits & 0xf_ffff_ffff_ffff != 0
        }
        return switch lanes {
        case nil: false
        case .singles, .singlePairs, .narrowed: (0..<4).contains(where: single)
        case .oneSingle, .oneNarrowed: single(0)
        case .doubles, .doublePairs: double(0) || double(1)
        case .oneDouble: double(0)
        }
    }
}
