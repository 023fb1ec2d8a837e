import HostNetwork
import Linux
import OVSDB
import Switch

/// A bridge of the data path and the row that it follows.
final class BoundBridge {
    var plan: BridgePlan
    /// Its number in the data path.
    let index: Int32
    /// Its MAC address, which its datapath id follows from.
    var address: UInt64
    var interfaces: [String: BoundInterface] = [:]
    /// Why interfaces could not be had, by their rows.
    var failures: [UUID: String] = [:]
    var mirrors: [Mirror] = []
    var isFresh = true
    /// Whether its row tells of a spanning tree.
    var hasTreeStatus = false
    private var lastNumber: UInt32 = 0

    init(_ plan: BridgePlan, index: Int32, address: UInt64) {
        self.plan = plan
        self.index = index
        self.address = address
    }

    /// The number that was asked for, or the next that nobody has: a number that a port has left comes round late, so
    /// that flows do not take the next port for the last.
    func freeNumber(_ requested: UInt32?) -> UInt32? {
        let used = Set(interfaces.values.map(\.number))
        if let requested, !used.contains(requested) { return requested }
        for _ in 0..<65_279 {
            lastNumber = lastNumber % 65_279 + 1
            if !used.contains(lastNumber) { return lastNumber }
        }
        return nil
    }

    /// A mirror with the numbers of its ports.
    func mirror(_ plan: MirrorPlan) -> Mirror {
        func numbers(_ names: [String]) -> [UInt32] {
            interfaces.values.filter { names.contains($0.portName) }.map(\.number)
        }
        return Mirror(
            name: plan.name, selectsAll: plan.selectsAll, sources: Set(numbers(plan.sources)),
            destinations: Set(numbers(plan.destinations)), vlans: plan.vlans.isEmpty ? nil : Set(plan.vlans),
            outputPort: plan.outputPort.flatMap { numbers([$0]).first }, outputVLAN: plan.outputVLAN,
            snapLength: plan.snapLength)
    }
}

/// A port of the data path and the Interface row that it follows.
final class BoundInterface {
    var plan: InterfacePlan
    /// The name of its Port row.
    let portName: String
    /// Its OpenFlow number.
    let number: UInt32
    /// Its number in the data path.
    var port: Int32 = -1
    var vlan: VLANMode = .trunk(nil)
    var device: InterfaceDevice?
    var deviceNumber: Int32?
    /// What the port was last told of its interface; nil: nothing yet.
    var state: InterfaceState?
    /// The link to its device or to its peer.
    var link: Int32?
    /// Of a patch port that is joined: the other.
    weak var peer: BoundInterface?
    var qos: QoSPlan?
    var policing: UInt64 = 0
    /// What its driver says, and the state of the link when it was asked.
    var driver: InterfaceDriver?
    var driverState: InterfaceState?
    /// Whether its row has counters already.
    var hasStatistics = false
    /// What the spanning tree does with it, and since when.
    var treeState: (state: SpanningTreePortState, since: UInt64)?
    /// How often its link has come and gone.
    var linkResets: Int64 = 0
    /// The interface's number in the machine, when it was attached.
    private(set) var interfaceIndex: Int32?

    init(_ plan: InterfacePlan, portName: String, number: UInt32) {
        self.plan = plan
        self.portName = portName
        self.number = number
        interfaceIndex = InterfaceIndex.of(plan.name)
    }

    /// Whether the interface that its socket is on has gone, or another has come under the same name.
    func isSocketStale() -> Bool {
        guard case .socket? = device else { return false }
        let present = InterfaceIndex.of(plan.name)
        defer { interfaceIndex = present }
        return present != interfaceIndex
    }
}
