/// One instruction as `objdump -dw -M intel,intel64` lists it: its address, bytes, and text.
struct ObjdumpLine {
    var address: UInt64
    var bytes: [UInt8]
    /// Without the prefixes that objdump shows beside the mnemonic, without what it says of symbols.
    var text: String
    var isLocked = false
    /// Whether there is a prefix 66, F2 or F3 that objdump found no use for.
    var hasIdlePrefix = false

    /// Nil where the line holds no instruction.
    init?(_ line: Substring) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count >= 3 else { return nil }
        guard let colon = fields[0].firstIndex(of: ":"),
            let address = UInt64(fields[0][..<colon].drop { $0 == " " }, radix: 16)
        else { return nil }
        self.address = address
        bytes = []
        var high: UInt8?
        for character in fields[1].utf8 {
            guard let digit = Character(UnicodeScalar(character)).hexDigitValue else { continue }
            if let known = high {
                bytes.append(known << 4 | UInt8(digit))
                high = nil
            } else {
                high = UInt8(digit)
            }
        }
        // Comments, symbols, and hints of branch prediction.
        var words = fields[2].prefix { $0 != "#" && $0 != "<" }.split(separator: " ")
        while words.count > 1, let word = words.first, Self.isPrefix(word) {
            if word == "lock" { isLocked = true }
            if word.hasPrefix("rep") || word.hasPrefix("data") || word == "bnd" { hasIdlePrefix = true }
            words.removeFirst()
        }
        text = words.joined(separator: " ")
    }

    private static let prefixes: Set<Substring> = [
        "lock", "rep", "repz", "repnz", "data16", "data32", "addr16", "addr32", "cs", "ds", "es", "ss", "fs", "gs",
        "bnd", "notrack", "xacquire", "xrelease",
    ]

    private static func isPrefix(_ word: Substring) -> Bool { prefixes.contains(word) || word.hasPrefix("rex") }

    var mnemonic: Substring { text.prefix { $0 != " " && $0 != "," } }
}
