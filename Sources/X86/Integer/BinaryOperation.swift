/// ADD, SUB, AND …: two operands in, one result and flags out. Handlers are made from one of these and a form of operands; the
/// compiler makes one function of each pair.
protocol BinaryOperation {
    /// False for CMP and TEST.
    static var storesResult: Bool { get }
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W, _ b: W) -> W
}

enum Add: BinaryOperation {
    static var storesResult: Bool { @inline(__always) get { true } }
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W, _ b: W) -> W {
        let result = a &+ b
        cpu.setArithmeticFlags(result, chain: (a & b) | ((a | b) & ~result))
        return result
    }
}

enum Subtract: BinaryOperation {
    static var storesResult: Bool { @inline(__always) get { true } }
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ a: W, _ b: W) -> W {
        let result = a &- b
        cpu.setArithmeticFlags(result, chain: (~a & b) | (~(a ^ b) & result))
        return result
    }
}
