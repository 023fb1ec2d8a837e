import OpenFlow

// A small library for writing OpenFlow controllers.
//
// What: an application is told what its switches do and answers with messages. Everything happens on one thread, the
// server's: no locks, no races, and an application can be tested without a socket, as `SwitchSession` is sans-IO.
//
//     final class Hub: ControllerApplication {
//         func connected(_ peer: ConnectedSwitch) {
//             peer.addFlow(priority: 0, Match(), [.output(PortNumber.flood)])
//         }
//     }
//     let server = ControllerServer(Hub(), hub: StreamHub()) { MonotonicClock.now() }
//     try server.listen(at: .listenTCP(host: nil, port: 6653))
//
// Larger examples are the built-in ones: `LearningSwitch`, `ShortestPath`, `Firewall`.

/// What a controller does with its switches. All calls come on the server's thread.
public protocol ControllerApplication: AnyObject {
    /// A switch has said who it is and which ports it has.
    func connected(_ peer: ConnectedSwitch)
    /// A switch is gone; nothing can be sent to it any more.
    func disconnected(_ peer: ConnectedSwitch)
    /// A switch has sent a packet.
    func received(_ packet: Message.PacketIn, from peer: ConnectedSwitch)
    /// A port has come, changed or gone; `peer.ports` knows it already.
    func changed(_ status: Message.PortStatus, of peer: ConnectedSwitch)
    /// Any other message: replies, errors, removed flows.
    func received(_ message: Message, from peer: ConnectedSwitch)
    /// Time has passed: called about ten times a second.
    /// - Parameter now: nanoseconds of a clock that never goes back.
    func tick(now: UInt64)
}

extension ControllerApplication {
    public func disconnected(_ peer: ConnectedSwitch) {}
    public func received(_ packet: Message.PacketIn, from peer: ConnectedSwitch) {}
    public func changed(_ status: Message.PortStatus, of peer: ConnectedSwitch) {}
    public func received(_ message: Message, from peer: ConnectedSwitch) {}
    public func tick(now: UInt64) {}
}
