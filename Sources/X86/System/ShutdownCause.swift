/// How a processor came to shut down: an event that could not be delivered, and the exceptions met on the way, the last of
/// them while the double fault was to be delivered (a triple fault; Intel SDM volume 3, 6.15, interrupt 8).
public struct ShutdownCause: Sendable {
    public struct Event: Equatable, Sendable {
        public let vector: UInt8
        public let errorCode: UInt32?
    }

    /// That of the instruction that the first event came upon.
    public let rip: UInt64
    /// CR2: means something where one of the events is a page fault.
    public let pageFaultAddress: UInt64
    public let events: [Event]

    /// "at RIP 0x1000: #PF (error 0x2, CR2 0x18), #DF, #GP (error 0x42)".
    public var text: String {
        "at RIP 0x\(Self.hex(rip)): " + events.map(name).joined(separator: ", ")
    }

    private static let mnemonics: [UInt8: String] = [
        0: "#DE", 1: "#DB", 2: "NMI", 3: "#BP", 4: "#OF", 5: "#BR", 6: "#UD", 7: "#NM", 8: "#DF", 10: "#TS", 11: "#NP",
        12: "#SS", 13: "#GP", 14: "#PF", 16: "#MF", 17: "#AC", 18: "#MC", 19: "#XM",
    ]

    private func name(_ event: Event) -> String {
        let name = Self.mnemonics[event.vector] ?? "interrupt 0x\(Self.hex(UInt64(event.vector)))"
        guard let code = event.errorCode, event.vector != Vector.doubleFault.rawValue else { return name }
        let address = event.vector == Vector.pageFault.rawValue ? ", CR2 0x\(Self.hex(pageFaultAddress))" : ""
        return "\(name) (error 0x\(Self.hex(UInt64(code)))\(address))"
    }

    private static func hex(_ value: UInt64) -> String { String(value, radix: 16) }
}

extension Processor {
    /// Of the latest triple fault; nil: there was none since power-on or reset.
    public var shutdownCause: ShutdownCause? { system.shutdownCause }
}
