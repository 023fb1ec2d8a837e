extension Operation {
    /// Conditions 0 to 15 as Jcc, SETcc and CMOVcc name them.
    static let conditions = [
        "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g",
    ]

    /// The mnemonic where it does not depend on anything but the operation.
    var mnemonic: String {
        switch self {
        case .callNear, .callFar: "call"
        case .jumpNear, .jumpFar: "jmp"
        case .returnNear: "ret"
        case .returnFar: "retf"
        case .invalid: "(bad)"
        default: "\(self)"
        }
    }
}

extension Instruction {
    /// Intel's mnemonic, with condition and width.
    public var mnemonic: String {
        switch operation {
        case .jcc: "j" + Operation.conditions[Int(condition & 15)]
        case .setcc: "set" + Operation.conditions[Int(condition & 15)]
        case .cmovcc: "cmov" + Operation.conditions[Int(condition & 15)]
        case .cbw: operandSize == 2 ? "cbw" : operandSize == 4 ? "cwde" : "cdqe"
        case .cwd: operandSize == 2 ? "cwd" : operandSize == 4 ? "cdq" : "cqo"
        case .jcxz: addressSize == 2 ? "jcxz" : addressSize == 4 ? "jecxz" : "jrcxz"
        case .iret: operandSize == 2 ? "iret" : operandSize == 4 ? "iretd" : "iretq"
        case .pushf, .popf, .pusha, .popa:
            operation.mnemonic + (operandSize == 2 ? "" : operandSize == 4 ? "d" : "q")
        case .sysret, .sysexit: operandSize == 8 ? operation.mnemonic + "q" : operation.mnemonic
        case .fxsave, .fxrstor, .xsave, .xrstor, .xsaveopt, .xsavec, .xsaves, .xrstors:
            operandSize == 8 ? operation.mnemonic + "64" : operation.mnemonic
        default: operation.mnemonic
        }
    }
}
