/// The transceiver of an 82540EM, a Marvell 88E1011 (chapter 11 and 13.4.8.1): a gigabit link that is always negotiated.
struct E1000PHY {
    private var registers: [Int: UInt16] = [:]

    private enum Register {
        static let control = 0
        static let status = 1
        static let specificStatus = 17
        static let interruptStatus = 19
    }

    mutating func reset() {
        registers = [
            0: 0x1140,
            // Identifier of the 88E1011.
            2: 0x0141, 3: 0x0c20,
            // What is offered, by us and by the partner.
            4: 0x0de1, 5: 0x45e1, 6: 0x0001,
            // 1000BASE-T: offered, and what the partner says.
            9: 0x0e00, 10: 0x3c00,
            15: 0x3000,
            16: 0x0360, 20: 0x0d60,
        ]
    }

    init() { reset() }

    func read(_ register: Int, isLinkUp: Bool) -> UInt16 {
        switch register {
        // All modes of 10 and 100 Mb/s, extended status, negotiation is possible; and done, when the link is up.
        case Register.status: 0x7949 | (isLinkUp ? 0x0024 : 0)
        // 1000 Mb/s, full duplex, resolved, link.
        case Register.specificStatus: isLinkUp ? 0xac00 : 0x8000
        case Register.interruptStatus: 0
        default: registers[register] ?? 0
        }
    }

    /// - Returns: whether a negotiation was started.
    mutating func write(_ register: Int, _ value: UInt16) -> Bool {
        switch register {
        case Register.control:
            if value & 0x8000 != 0 { reset() }
            // Reset and restart are over at once.
            registers[0] = value & ~0x8200
            return value & 0x1000 != 0 && value & 0x8200 != 0
        case 1, 2, 3, 5, 6, 10, 15, 17, 19: break
        default: registers[register] = value
        }
        return false
    }
}
