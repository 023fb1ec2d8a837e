import HostNetwork
import Linux
import Ports
import Switch
import Wire

/// What the machine says of a port's interface, as far as controllers see it.
struct InterfaceState: Equatable, Sendable {
    /// nil: the machine gives it none.
    var address: UInt64?
    /// Whether somebody has brought it up: the opposite of OpenFlow's PORT_DOWN.
    var isUp: Bool
    /// The opposite of OpenFlow's LINK_DOWN.
    var hasCarrier: Bool

    /// The state of an interface that is not there.
    static let absent = InterfaceState(address: 0, isUp: false, hasCarrier: false)

    init(address: UInt64?, isUp: Bool, hasCarrier: Bool) {
        self.address = address
        self.isUp = isUp
        self.hasCarrier = hasCarrier
    }

    init(_ link: LinkRecord) {
        self.init(address: link.address.rawValue, isUp: link.isUp, hasCarrier: link.isUp && link.hasCarrier)
    }
}

// Ports follow their interfaces, and interfaces what controllers ask of ports, as with Open vSwitch: `ip link set … down`
// shows as PORT_DOWN, and a port-mod that says PORT_DOWN brings the interface down, so that its peer sees it too.

extension SwitchBinding {
    /// Tells ports, and whoever watches them, what has become of their interfaces.
    func followLinks(_ links: [String: LinkRecord]) {
        struct Change: Sendable {
            var bridge: Int32
            var number: UInt32
            var port: Int32
            var link: Int32?
            var state: InterfaceState
            var isUpNew: Bool
        }
        var changes: [Change] = []
        for bridge in bridges.values {
            for (name, interface) in bridge.interfaces {
                let state: InterfaceState =
                    if interface.plan.type == "patch" {
                        InterfaceState(address: nil, isUp: true, hasCarrier: interface.peer != nil)
                    } else {
                        interface.device == nil ? .absent : links[name].map { InterfaceState($0) } ?? .absent
                    }
                guard state != interface.state else { continue }
                changes.append(
                    Change(
                        bridge: bridge.index, number: interface.number, port: interface.port, link: interface.link,
                        state: state, isUpNew: state.isUp != interface.state?.isUp))
                interface.state = state
            }
        }
        guard !changes.isEmpty else { return }
        let found = changes
        poller.run { datapath, now in
            for change in found {
                datapath.rename(port: change.port, address: change.state.address)
                if change.isUpNew, change.state.address != nil,
                    var settings = datapath.portDescription(bridge: change.bridge, number: change.number)?.configuration
                {
                    if change.state.isUp { settings.remove(.down) } else { settings.insert(.down) }
                    datapath.setPort(bridge: change.bridge, number: change.number, settings, now: now)
                }
                // Patch ports have what their link has.
                if change.state.address != nil, let link = change.link,
                    datapath.isUp(link: link) != change.state.hasCarrier
                {
                    datapath.setUp(link: link, change.state.hasCarrier, now: now)
                }
            }
        }
        for change in found { control.portChanged(change.bridge, port: change.number) }
    }

    /// Hears of ports that controllers bring down and up. To be called before the poller's thread has ports.
    /// - Parameter deliver: runs what it is given on the database's thread, later.
    public func watchPorts(deliver: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
        nonisolated(unsafe) let binding = self
        let changed = ChangedPorts()
        poller.run { datapath, _ in
            let other = datapath.onEvent
            datapath.onEvent = { event in
                other?(event)
                guard case .portChanged(let bridge, let port) = event else { return }
                // Many that change together are looked at together.
                if changed.insert(bridge, port) { deliver { binding.portsChanged(changed) } }
            }
        }
    }

    private func portsChanged(_ changed: ChangedPorts) {
        guard !isStopped else { return }
        let (ports, settings) = poller.run { datapath, _ in
            let ports = changed.take()
            return (ports, ports.map { datapath.portDescription(bridge: $0.bridge, number: $0.number)?.configuration })
        }
        var batch = RouteBatch()
        var wanted: [BoundInterface] = []
        let bridgesByIndex = Dictionary(bridges.values.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
        for (port, settings) in zip(ports, settings) {
            guard let interface = bridgesByIndex[port.bridge]?.interface(number: port.number), interface.device != nil,
                let state = interface.state, let settings, settings.contains(.down) == state.isUp,
                let link = InterfaceIndex.of(interface.plan.name)
            else { continue }
            batch.setLink(.index(link), up: !state.isUp)
            wanted.append(interface)
        }
        guard !batch.isEmpty else { return }
        do {
            let refusals = try RouteSocket().runAll(batch)
            let refused = Set(refusals.map(\.index))
            for refusal in refusals { log("a port cannot be brought down or up: \(refusal)") }
            // The watch over the links tells the rest.
            for (place, interface) in wanted.enumerated() where !refused.contains(place) {
                interface.state?.isUp.toggle()
            }
        } catch {
            log("ports cannot be brought down or up: \(error)")
        }
    }
}

/// Ports that have changed since somebody last looked. Of the poller's thread.
private final class ChangedPorts: @unchecked Sendable {
    struct Port: Hashable {
        var bridge: Int32
        var number: UInt32
    }

    private var ports: Set<Port> = []

    /// - Returns: whether nobody has been asked to look yet.
    func insert(_ bridge: Int32, _ number: UInt32) -> Bool {
        let isFirst = ports.isEmpty
        ports.insert(Port(bridge: bridge, number: number))
        return isFirst
    }

    func take() -> [Port] {
        defer { ports = [] }
        return Array(ports)
    }
}
