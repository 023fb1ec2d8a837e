import OpenFlow
import Synchronization

// Roles of controllers (OpenFlow 1.5, 6.3.6) and what others are told of them.

extension OpenFlowAgent {
    func setRole(
        _ change: Message.RoleChange, _ spelling: Message.Spelling, of connection: AgentConnection
    ) throws(OpenFlowError) -> Message.RoleChange {
        let channel = connection.channel
        if change.role == .primary || change.role == .secondary {
            // Nicira's message, from before OpenFlow 1.2, has no generation.
            if spelling == .standard {
                if let generation, Int64(bitPattern: change.generation &- generation) < 0 {
                    throw .roleRequestFailed(.stale)
                }
                generation = change.generation
            }
        }
        if connection.version >= .v15, change.shortID != 0xffff {
            if channels.contains(where: { $0 !== channel && $0.shortID == change.shortID }) {
                throw .roleRequestFailed(.idInUse)
            }
            if channel.shortID != change.shortID {
                channel.shortID = change.shortID
                tellControllerStatus(of: channel, reason: .shortID, isUp: true)
            }
        }
        if change.role != .noChange, change.role != channel.role {
            if change.role == .primary {
                for other in channels where other !== channel && other.role == .primary {
                    other.role = .secondary
                    tellRole(of: other, reason: .primaryRequest)
                    tellControllerStatus(of: other, reason: .role, isUp: true)
                }
            }
            channel.role = change.role
            tellControllerStatus(of: channel, reason: .role, isUp: true)
        }
        return Message.RoleChange(channel.role, generation: generation ?? .max, shortID: channel.shortID)
    }

    /// Tells a controller that its role was changed by somebody else (OpenFlow 1.4, 7.4.4).
    private func tellRole(of channel: ControllerChannel, reason: Message.RoleStatus.Reason) {
        guard channel.version >= .v14, channel.receives(.roleStatus, reason: UInt32(reason.rawValue)) else { return }
        channel.main?.send(
            Message(xid: 0, .roleStatus(.init(channel.role, reason: reason, generation: generation ?? .max))))
    }

    /// What is known of a controller (OpenFlow 1.5, 7.4.7).
    func status(
        of channel: ControllerChannel, reason: Message.ControllerStatus.Reason, isUp: Bool = true
    ) -> Message.ControllerStatus {
        Message.ControllerStatus(
            shortID: channel.shortID, role: channel.role, reason: reason, isUp: isUp, uri: channel.uri)
    }

    /// Tells all controllers that want to know of what has become of one.
    func tellControllerStatus(of channel: ControllerChannel, reason: Message.ControllerStatus.Reason, isUp: Bool) {
        for other in channels where other.version >= .v15 {
            guard other.receives(.controllerStatus, reason: UInt32(reason.rawValue)) else { continue }
            other.main?.send(Message(xid: 0, .controllerStatus(status(of: channel, reason: reason, isUp: isUp))))
        }
    }
}

extension ConnectionGauge {
    /// The controller's role, for whoever reports it.
    var role: Message.Role { Message.Role(rawValue: roleNumber.load(ordering: .relaxed)) ?? .equal }
}

extension Message.Role {
    /// As Open vSwitch's Controller table calls it.
    var name: String {
        switch self {
        case .noChange, .equal: "other"
        case .primary: "master"
        case .secondary: "slave"
        }
    }
}
