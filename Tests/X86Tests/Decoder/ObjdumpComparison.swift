import X86

/// Holds the decoder against objdump: the same lengths, the same text.
struct ObjdumpComparison {
    var mode: CodeMode
    private(set) var count = 0
    /// Instructions that this processor does not have, and where it says so.
    private(set) var foreign = 0
    /// Instructions that Intel's processors have, and objdump does not know.
    private(set) var undocumented = 0
    private(set) var differences: [String] = []

    init(mode: CodeMode) { self.mode = mode }

    mutating func compare(listing: some StringProtocol) {
        for line in listing.split(separator: "\n") {
            if let line = ObjdumpLine(Substring(line)) { compare(line) }
        }
    }

    mutating func compare(_ line: ObjdumpLine) {
        // A prefix that objdump could not attach to an instruction; data that ends within one; FWAIT with what follows.
        if line.bytes.isEmpty || line.text.isEmpty || line.bytes.allSatisfy(isPrefix) || line.mnemonic == ".byte" {
            return
        }
        if line.bytes.first(where: { !isPrefix($0) }) == 0x9b { return }
        count += 1
        let decoded = line.bytes.withUnsafeBytes { bytes in
            Result { () throws(DecodeError) in try Decoder.decode(bytes, mode: mode) }
        }
        switch decoded {
        case .failure(let error):
            if line.isLocked, !mayBeLocked(line) { return }
            if isForeign(line) {
                foreign += 1
            } else {
                report(line, "\(error)")
            }
        case .success(let instruction):
            if line.text == "(bad)", Self.undocumented.contains(instruction.operation) {
                undocumented += 1
                return
            }
            if Int(instruction.length) != line.bytes.count {
                report(line, "\(instruction.length) bytes: \(instruction.text(at: line.address))")
                return
            }
            let ours = instruction.text(at: line.address)
            if line.isLocked, !mayBeLocked(line) {
                report(line, "LOCK was accepted")
            } else if ours != line.text, !areSame(ours, line.text, instruction) || instruction.isLocked != line.isLocked
            {
                report(line, ours)
            }
        }
    }

    private mutating func report(_ line: ObjdumpLine, _ text: String) {
        let bytes = line.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
        differences.append("\(String(line.address, radix: 16)): \(bytes): \(line.text): \(text)")
    }

    private func isPrefix(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3: true
        case 0x40...0x4f: mode == .bits64
        default: false
        }
    }

    // MARK: What this processor does not have

    /// What is neither of x86-64-v2 nor decoded beside it.
    private static let foreign: Set<Substring> = [
        // Later extensions of Intel.
        "adcx", "adox", "sha256rnds2", "sha256msg1", "sha256msg2", "sha1rnds4", "sha1nexte", "sha1msg1", "sha1msg2",
        "gf2p8mulb", "gf2p8affineqb", "gf2p8affineinvqb", "movdiri", "movdir64b", "enqcmd", "enqcmds", "aadd", "aand",
        "aor",
        "axor", "wrssd", "wrssq", "wrussd", "wrussq", "rstorssp", "clrssbsy", "incsspd", "incsspq", "saveprevssp",
        "setssbsy", "umonitor", "umwait", "tpause", "ptwrite", "serialize", "wrmsrns", "aesenc128kl", "aesenc256kl",
        "aesdec128kl", "aesdec256kl", "aesencwide128kl", "aesencwide256kl", "aesdecwide128kl", "aesdecwide256kl",
        "encodekey128", "encodekey256", "loadiwkey", "xbegin", "xabort", "xend", "xtest", "xsusldtrk", "xresldtrk",
        "rdpkru", "wrpkru", "pconfig", "uiret", "testui", "clui", "stui", "senduipi", "hreset", "pbndkb", "rdmsrlist",
        "wrmsrlist", "seamret", "seamops", "seamcall", "tdcall",
        // Safer mode, enclaves, virtual machines.
        "getsec", "encls", "enclu", "enclv", "invept", "invvpid", "vmread", "vmwrite", "vmptrld", "vmptrst", "vmsave",
        "vmload", "vmrun", "vmlaunch", "vmresume", "vmxoff", "vmxon", "vmclear", "vmfunc", "stgi", "clgi", "skinit",
        "invlpga", "invlpgb", "tlbsync", "pvalidate", "psmash", "rmpupdate", "rmpadjust", "rmpquery",
        // AMD's, VIA's and the 80287's.
        "monitorx", "mwaitx", "clzero", "rdpru", "mcommit", "movntss", "movntsd", "extrq", "insertq", "femms", "pswapd",
        "pavgusb", "pmulhrw", "pi2fw", "pi2fd", "pf2iw", "pf2id", "pfnacc", "pfpnacc", "pfcmpge", "pfcmpgt", "pfcmpeq",
        "pfmin", "pfmax", "pfrcp", "pfrcpit1", "pfrcpit2", "pfrsqrt", "pfrsqit1", "pfsub", "pfsubr", "pfadd", "pfacc",
        "pfmul", "xcrypt-ecb", "xcrypt-cbc", "xcrypt-ctr", "xcrypt-cfb", "xcrypt-ofb", "xsha1", "xsha256", "xstore-rng",
        "montmul", "frstpm(287",
    ]

    /// Aliases of x87 instructions, SALC, WBINVD with a prefix that counts nowhere.
    private static let undocumented: Set<Operation> = [.fcom, .fcomp, .fstp, .fxch, .salc, .wbinvd]

    private func isForeign(_ line: ObjdumpLine) -> Bool {
        let text = line.text
        // objdump names registers that are not there with a question mark.
        if Self.foreign.contains(line.mnemonic) || text.contains("?") || text.contains("(bad)") { return true }
        if text.hasPrefix("mov cs,") || namesAbsentRegister(text) { return true }
        // LOCK as the way to CR8 in 32-bit mode is AMD's.
        if line.bytes.contains(0xf0), text.contains("cr8") { return true }
        if mode != .bits64, text.contains("fsbase") || text.contains("gsbase") { return true }
        let bytes = line.bytes.drop(while: isPrefix)
        guard let first = bytes.first, let second = bytes.dropFirst().first else { return false }
        // Where 66, F2 or F3 could make another instruction of an opcode, but do not.
        if first == 0x0f, line.hasIdlePrefix { return true }
        // VEX, EVEX and XOP.
        switch first {
        case 0x62, 0xc4, 0xc5: return mode == .bits64 || second >= 0xc0
        case 0x8f: return second & 0x38 != 0
        default: return false
        }
    }

    /// Control registers other than 0, 2, 3, 4 and 8, debug registers above 7, test registers.
    private func namesAbsentRegister(_ text: String) -> Bool {
        guard text.hasPrefix("mov ") else { return false }
        return text.dropFirst(4).split(separator: ",").contains { operand in
            let number = Int(operand.dropFirst(2))
            switch operand.prefix(2) {
            case "cr": return number.map { ![0, 2, 3, 4, 8].contains($0) } ?? false
            case "dr", "db": return number.map { $0 > 7 } ?? false
            case "tr": return number != nil
            default: return false
            }
        }
    }

    // MARK: LOCK

    private static let lockable: Set<Substring> = [
        "adc", "add", "and", "btc", "btr", "bts", "cmpxchg", "cmpxchg8b", "cmpxchg16b", "dec", "inc", "neg", "not",
        "or",
        "sbb", "sub", "xadd", "xchg", "xor",
    ]

    /// SDM volume 2, LOCK: these, where the destination is memory.
    private func mayBeLocked(_ line: ObjdumpLine) -> Bool {
        guard Self.lockable.contains(line.mnemonic) else { return false }
        let destination = line.text.prefix { $0 != "," }
        return destination.contains("[") || destination.contains(":")
    }

    // MARK: One spelling for both

    private func areSame(_ ours: String, _ theirs: String, _ instruction: Instruction) -> Bool {
        let (ours, theirs) = (split(ours), split(theirs))
        let mnemonic = Self.mnemonics[theirs.mnemonic] ?? theirs.mnemonic
        switch instruction.operation {
        // 66 90; hints that later processors have given a meaning.
        case .nop where theirs.mnemonic == "xchg" || mnemonic == "nop": return true
        case .fnop where mnemonic == "fnop": return true
        // F3 with REX.B and 90; the real processor exchanges.
        case .xchg where theirs.mnemonic == "pause": return true
        // What objdump makes of REX.W and 66 here is not what processors do.
        case .movmskps, .movmskpd, .pmovmskb, .movdq2q, .movq2dq, .movsxd: return ours.mnemonic == theirs.mnemonic
        // The implied operand.
        case .pblendvb, .blendvps, .blendvpd: return theirs.operands.last == "xmm0" && ours.mnemonic == theirs.mnemonic
        default: break
        }
        // objdump has names for predicates: cmpltps for cmpps with 1.
        if let predicate = predicated(ours, theirs.mnemonic) { return predicate && ours.operands.count == 3 }
        guard ours.mnemonic == mnemonic || isSuffixed(theirs.mnemonic, ours.mnemonic, instruction),
            ours.operands.count == theirs.operands.count
        else { return false }
        if instruction.operands.0.kind == .relative {
            // objdump keeps the high part of the address where the operand size is 2.
            let target = UInt64(theirs.operands[0].drop { $0 == "0" || $0 == "x" }, radix: 16) ?? 0
            let mask = UInt64.max >> (64 - 8 * UInt64(instruction.operandSize))
            return UInt64(ours.operands[0].dropFirst(2), radix: 16) == target & mask
        }
        if instruction.operation == .mov, instruction.operands.0.kind == .segment,
            instruction.operands.1.kind == .general
        {
            return ours.operands[0] == theirs.operands[0] && family(ours.operands[1]) == family(theirs.operands[1])
        }
        let isIndirectJump = instruction.operation == .callNear || instruction.operation == .jumpNear
        return zip(ours.operands, theirs.operands).allSatisfy { ours, theirs in
            let (ours, theirs) = (withoutSize(ours), withoutSize(theirs))
            return normal(ours.text, isIndirectJump: isIndirectJump)
                == normal(theirs.text, isIndirectJump: isIndirectJump)
                // Far pointers with REX.W have 10 bytes with Intel.
                && (ours.size == theirs.size || ours.size.isEmpty || theirs.size.isEmpty || ours.size == "TBYTE")
        }
    }

    /// "pushw" for a push of two bytes; pushf and popf without their sizes.
    private func isSuffixed(_ theirs: String, _ ours: String, _ instruction: Instruction) -> Bool {
        let suffix: Character = instruction.operandSize == 2 ? "w" : instruction.operandSize == 4 ? "d" : "q"
        switch instruction.operation {
        case .pushf, .popf, .pusha, .popa:
            let name = "\(instruction.operation)"
            return theirs == name || theirs == name + String(suffix)
        default: return theirs == ours + String(suffix)
        }
    }

    /// A general register without its width.
    private func family(_ name: Substring) -> Substring {
        let name = name.hasPrefix("e") ? name.dropFirst() : name
        guard name.hasPrefix("r") else { return name }
        return name.dropFirst().first?.isNumber == true ? name.prefix { $0 != "w" && $0 != "d" } : name.dropFirst()
    }

    private func predicated(_ ours: (mnemonic: String, operands: [Substring]), _ theirs: String) -> Bool? {
        switch ours.mnemonic {
        case "cmpps", "cmppd", "cmpss", "cmpsd":
            let names = ["eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord"]
            guard let last = ours.operands.last, let number = Int(last.dropFirst(2), radix: 16), number < 8 else {
                return nil
            }
            return theirs == "cmp" + names[number] + ours.mnemonic.suffix(2)
        case "pclmulqdq":
            let names = [0: "pclmullqlqdq", 1: "pclmulhqlqdq", 0x10: "pclmullqhqdq", 0x11: "pclmulhqhqdq"]
            guard let last = ours.operands.last, let number = Int(last.dropFirst(2), radix: 16),
                let name = names[number]
            else { return nil }
            return theirs == name
        default: return nil
        }
    }

    private func split(_ text: String) -> (mnemonic: String, operands: [Substring]) {
        var words = text.split(separator: " ", maxSplits: 1)
        while words.count > 1, ["lock", "rep", "repe", "repne"].contains(words[0]) {
            words = words[1].split(separator: " ", maxSplits: 1)
        }
        return (String(words[0]), words.count > 1 ? words[1].split(separator: ",") : [])
    }

    /// objdump's name, and ours.
    private static let mnemonics = [
        "movabs": "mov", "tzcnt": "bsf", "lzcnt": "bsr", "iretw": "iret", "fldenvw": "fldenv", "fnstenvw": "fnstenv",
        "frstorw": "frstor", "fnsavew": "fnsave", "iret": "iretd", "retfq": "retf", "retfw": "retf",
        "vmgexit": "vmmcall", "fneni(8087": "fnop", "fndisi(8087": "fnop", "fnsetpm(287": "fnop",
        "wbnoinvd": "wbinvd", "cldemote": "nop", "rdsspd": "nop", "rdsspq": "nop", "prefetchit0": "nop",
        "prefetchit1": "nop",
        "bndmov": "nop", "bndmk": "nop", "bndcl": "nop", "bndcu": "nop", "bndcn": "nop", "bndldx": "nop",
        "bndstx": "nop", "sysretd": "sysret", "sysexitd": "sysexit",
    ]

    private func withoutSize(_ operand: Substring) -> (size: Substring, text: Substring) {
        guard let range = operand.firstRange(of: " PTR ") else { return ("", operand) }
        let size = operand[..<range.lowerBound]
        return (size == "OWORD" ? "XMMWORD" : size, operand[range.upperBound...])
    }

    private func normal(_ operand: Substring, isIndirectJump: Bool) -> Substring {
        if operand == "st(0)" { return "st" }
        if !operand.hasPrefix("0x"), let number = UInt64(operand, radix: 16) { return "0x" + String(number, radix: 16) }
        var text = operand
        if mode == .bits64, ["cs:[", "ds:[", "es:[", "ss:["].contains(text.prefix(4)) { text = text.dropFirst(3) }
        // objdump takes a jump's DS for NOTRACK.
        if isIndirectJump, text.hasPrefix("ds:[") { text = text.dropFirst(3) }
        // SIB without an index but with a scale, with a base or without one.
        for (index, bits) in [("riz*", 64), ("eiz*", 32)] {
            if let range = text.firstRange(of: "+" + index) {
                text = text[..<range.lowerBound] + text[range.upperBound...].dropFirst()
            } else if let range = text.firstRange(of: "[" + index) {
                let address = displacement(text[range.upperBound...].dropFirst(), bits)
                let segment = text.hasPrefix("[") ? "ds:" : text[..<range.lowerBound]
                text = segment + "0x" + String(address, radix: 16)
            }
        }
        // objdump shows displacements from RIP without a sign.
        for (pointer, bits) in [("[rip", 64), ("[eip", 32)] {
            guard let range = text.firstRange(of: pointer) else { continue }
            let value = displacement(text[range.upperBound...], bits)
            if value >> (bits - 1) != 0 {
                let magnitude = (0 &- value) & UInt64.max >> (64 - bits)
                text = text[..<range.upperBound] + "-0x" + String(magnitude, radix: 16) + "]"
            }
        }
        if text.hasSuffix("+0x0]") { text = text.dropLast(5) + "]" }
        return text
    }

    /// The number in "+0x12]", modulo 2^bits.
    private func displacement(_ text: Substring, _ bits: Int) -> UInt64 {
        let value = UInt64(text.drop { $0 != "x" }.dropFirst().prefix { $0 != "]" }, radix: 16) ?? 0
        return (text.hasPrefix("-") ? 0 &- value : value) & UInt64.max >> (64 - bits)
    }
}
