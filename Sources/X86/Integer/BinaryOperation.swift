/// ADD, SUB, AND …: two operands in, one result and flags out. Handlers are made from one of these and a form of
/// operands; the compiler makes one function of each pair.
protocol BinaryOperation {
    /// False for CMP and TEST.
    static var storesResult: Bool { get }
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W, _ b: W) -> W
}

extension BinaryOperation {
    static var storesResult: Bool { @inline(__always) get { true } }
}

enum Add: BinaryOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W, _ b: W) -> W {
        let result = a &+ b
        cpu.setArithmeticFlags(result, chain: (a & b) | ((a | b) & ~result))
        return result
    }
}

enum AddWithCarry: BinaryOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W, _ b: W) -> W {
        let result = a &+ b &+ W(truncatingIfNeeded: cpu.carries >> 31)
        cpu.setArithmeticFlags(result, chain: (a & b) | ((a | b) & ~result))
        return result
    }
}

enum Subtract: BinaryOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W, _ b: W) -> W {
        let result = a &- b
        cpu.setArithmeticFlags(result, chain: (~a & b) | (~(a ^ b) & result))
        return result
    }
}

enum SubtractWithBorrow: BinaryOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W, _ b: W) -> W {
        let result = a &- b &- W(truncatingIfNeeded: cpu.carries >> 31)
        cpu.setArithmeticFlags(result, chain: (~a & b) | (~(a ^ b) & result))
        return result
    }
}

enum Compare: BinaryOperation {
    static var storesResult: Bool { @inline(__always) get { false } }
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W, _ b: W) -> W { Subtract.apply(cpu, a, b) }
}

enum And: BinaryOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W, _ b: W) -> W {
        cpu.setLogicFlags(a & b)
        return a & b
    }
}

enum Test: BinaryOperation {
    static var storesResult: Bool { @inline(__always) get { false } }
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W, _ b: W) -> W { And.apply(cpu, a, b) }
}

enum Or: BinaryOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W, _ b: W) -> W {
        cpu.setLogicFlags(a | b)
        return a | b
    }
}

enum Xor: BinaryOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W, _ b: W) -> W {
        cpu.setLogicFlags(a ^ b)
        return a ^ b
    }
}
