import OpenFlow
import Switch

/// A switch that is connected to a controller.
public final class ConnectedSwitch {
    /// Which switch it is: on all its connections the same.
    public internal(set) var datapathID: UInt64 = 0
    public internal(set) var version = OpenFlowVersion.v13
    /// Its ports by number, without the reserved ones.
    public internal(set) var ports: [UInt32: Message.Port] = [:]
    /// The table that `addFlow` and `addTableMiss` call 0: another application may have the ones before.
    public var firstTable: UInt8 = 0
    /// Takes encoded messages.
    private let write: ([UInt8]) -> Void
    private var lastID: UInt32 = 0

    init(write: @escaping ([UInt8]) -> Void) { self.write = write }

    /// Sends a message; nothing where the switch's version has no such message.
    /// - Parameter xid: that of the request that it answers; nil: one of its own.
    /// - Returns: its transaction id, which the reply will carry.
    @discardableResult
    public func send(_ body: Message.Body, xid: UInt32? = nil) -> UInt32 {
        let id: UInt32
        if let xid {
            id = xid
        } else {
            lastID &+= 1
            id = lastID
        }
        write(Message(xid: id, body).encode(version: version))
        return id
    }

    /// Adds a flow, or replaces the one with this match and priority.
    /// - Parameters:
    ///   - table: counted from `firstTable`.
    ///   - idleTimeout: seconds without a packet after which it goes; 0: never.
    ///   - hardTimeout: seconds after which it goes in any case; 0: never.
    ///   - buffer: of a packet-in: the packet that the flow is to handle at once.
    public func addFlow(
        table: UInt8 = 0, priority: UInt16, _ match: Match, _ actions: [Action], idleTimeout: UInt16 = 0,
        hardTimeout: UInt16 = 0, cookie: UInt64 = 0, flags: FlowModification.Flags = [], buffer: UInt32? = nil
    ) {
        send(
            .flowMod(
                FlowModification(
                    .add, table: firstTable + table, priority: priority, match: match, cookie: cookie,
                    idleTimeout: idleTimeout,
                    hardTimeout: hardTimeout, flags: flags, instructions: Instructions(apply: actions), buffer: buffer))
        )
    }

    /// Removes the flows that match nothing else than `match` does.
    /// - Parameter table: nil: of all tables; behind another application, whose flows stay, of `firstTable` alone.
    public func removeFlows(
        table: UInt8? = nil, _ match: Match = Match(), cookie: UInt64 = 0, cookieMask: UInt64 = 0
    ) {
        let table = table.map { firstTable + $0 } ?? (firstTable == 0 ? nil : firstTable)
        send(.flowMod(FlowModification(.delete, table: table, match: match, cookie: cookie, cookieMask: cookieMask)))
    }

    /// Sends a frame out of the switch.
    public func sendPacket(_ frame: [UInt8], inPort: UInt32 = PortNumber.controller, _ actions: [Action]) {
        send(.packetOut(Message.PacketOut(inPort: inPort, actions: actions, data: frame)))
    }

    /// Answers a packet-in: with the switch's own copy of the packet where it has kept one.
    public func sendPacket(_ packet: Message.PacketIn, _ actions: [Action]) {
        let port = packet.inPort
        send(
            .packetOut(
                Message.PacketOut(
                    buffer: packet.buffer, inPort: port, actions: actions, data: packet.buffer == nil ? packet.data : []
                )))
    }

    /// The flow that sends what no other flow matches here. OpenFlow 1.0 does so by itself.
    public func addTableMiss(table: UInt8 = 0) {
        if version == .v10 { return }
        addFlow(table: table, priority: 0, Match(), [.controller(ControllerOutput(maxLength: 0xffff))])
    }
}

extension Message.PacketIn {
    /// The port that the packet came in on.
    public var inPort: UInt32 { UInt32(truncatingIfNeeded: fields.key[.inPort].low) }
}
