/// The breakpoints that the debug registers ask for (Intel SDM volume 3, 18.2), and which of them the instruction at hand has met.
struct Breakpoints: Equatable {
    /// R/W in DR7.
    enum Kind: UInt64 {
        case execution, write, port, access
    }

    struct Entry: Equatable {
        /// Of the debug register, 0 to 3: the bit in DR6.
        var number: Int
        var kind: Kind
        var address: UInt64
        var byteCount: UInt64
    }

    /// Those that are enabled.
    private(set) var entries: [Entry] = []
    private(set) var hasExecution = false
    private(set) var hasData = false
    private(set) var hasPorts = false

    init() {}

    /// - Parameters:
    ///   - addresses: DR0 to DR3.
    ///   - control: DR7.
    ///   - hasPorts: CR4.DE, with which R/W 2 means ports.
    init(addresses: [UInt64], control: UInt64, hasPorts: Bool) {
        for number in 0..<4 where control >> UInt64(2 * number) & 3 != 0 {
            let field = control >> UInt64(16 + 4 * number)
            guard let kind = Kind(rawValue: field & 3), kind != .port || hasPorts else { continue }
            let byteCount: UInt64 = [1, 2, 8, 4][Int(field >> 2 & 3)]
            let address = kind == .execution ? addresses[number] : addresses[number] & ~(byteCount - 1)
            entries.append(Entry(number: number, kind: kind, address: address, byteCount: byteCount))
            switch kind {
            case .execution: hasExecution = true
            case .write, .access: hasData = true
            case .port: self.hasPorts = true
            }
        }
    }

    private func bits(_ isMet: (Entry) -> Bool) -> UInt64 {
        entries.reduce(0) { isMet($1) ? $0 | 1 << UInt64($1.number) : $0 }
    }

    /// The bits of DR6 for an instruction at a linear address.
    func execution(at linear: UInt64) -> UInt64 { bits { $0.kind == .execution && $0.address == linear } }

    /// The bits of DR6 for a load or store.
    func data(at linear: UInt64, byteCount: Int, isWrite: Bool) -> UInt64 {
        bits { entry in
            guard entry.kind == .access || entry.kind == .write && isWrite else { return false }
            return linear < entry.address + entry.byteCount && entry.address < linear + UInt64(byteCount)
        }
    }

    /// The bits of DR6 for IN and OUT.
    func port(_ port: UInt16, byteCount: Int) -> UInt64 {
        bits { entry in
            entry.kind == .port && UInt64(port) < entry.address + entry.byteCount
                && entry.address < UInt64(port) + UInt64(byteCount)
        }
    }

    /// Whether code at a page is watched.
    func watchesCode(page: UInt64) -> Bool {
        entries.contains { $0.kind == .execution && $0.address & ~0xfff == page }
    }

    /// Whether loads and stores of a page must be looked at.
    func watchesData(page: UInt64) -> Bool {
        entries.contains { ($0.kind == .access || $0.kind == .write) && $0.address & ~0xfff == page }
    }
}
