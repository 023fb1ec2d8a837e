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
    private(set) var interfaces: [String: BoundInterface] = [:]
    /// Its ports by their OpenFlow numbers.
    private var numbered: [UInt32: BoundInterface] = [:]
    /// What was last written of interfaces that cannot be had, by their rows.
    var writtenFailures: [UUID: String] = [:]
    /// Why interfaces could not be had, by their rows.
    var failures: [UUID: String] = [:]
    /// Of these, the interfaces whose devices others have: a switch before this one that was killed, for a moment.
    var busy: Set<UUID> = []
    var mirrors: [Mirror] = []
    var isFresh = true
    /// Whether its row tells of a spanning tree.
    var hasTreeStatus = false
    /// Its bonds as they were last set up.
    var bonds: [String: BondPlan] = [:]
    private var lastNumber: UInt32 = 0

    init(_ plan: BridgePlan, index: Int32, address: UInt64) {
        self.plan = plan
        self.index = index
        self.address = address
    }

    /// The number that was asked for, or the next that nobody has: a number that a port has left comes round late, so
    /// that flows do not take the next port for the last.
    func freeNumber(_ requested: UInt32?) -> UInt32? {
        if let requested, numbered[requested] == nil { return requested }
        for _ in 0..<65_279 {
            lastNumber = lastNumber % 65_279 + 1
            if numbered[lastNumber] == nil { return lastNumber }
        }
        return nil
    }

    func interface(number: UInt32) -> BoundInterface? { numbered[number] }

    func insert(_ interface: BoundInterface) {
        interfaces[interface.plan.name] = interface
        numbered[interface.number] = interface
    }

    func remove(_ interface: BoundInterface) {
        interfaces[interface.plan.name] = nil
        numbered[interface.number] = nil
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
    var forwarding = PortForwarding()
    var device: InterfaceDevice?
    var deviceNumber: Int32?
    /// What the port was last told of its interface; nil: nothing yet.
    var state: InterfaceState?
    /// The link to its device or to its peer.
    var link: Int32?
    /// Of a patch port that is joined: the other.
    weak var peer: BoundInterface?
    var qos: QoSPlan?
    /// The policing that it was last told of, as its row has it.
    var policing: (rate: UInt32, burst: UInt32) = (0, 0)
    /// What its driver says, and the state of the link when it was asked.
    var driver: InterfaceDriver?
    var driverState: InterfaceState?
    /// What the spanning tree does with it, and since when.
    var treeState: (state: SpanningTreePortState, since: UInt64)?
    /// How often its link has come and gone.
    var linkResets: Int64 = 0
    /// What was last written into its row.
    var writtenSource: InterfaceStatusSource?
    /// The interface's number in the machine, when its device was opened.
    private(set) var interfaceIndex: Int32?

    init(_ plan: InterfacePlan, portName: String, number: UInt32) {
        self.plan = plan
        self.portName = portName
        self.number = number
    }

    func open(_ plan: InterfacePlan, address: UInt64?) throws(InterfaceDevice.Failure) {
        device = try InterfaceDevice.open(plan, address: address)
        interfaceIndex = InterfaceIndex.of(plan.name)
    }

    /// Closes the device, which the data path has let go of.
    func forgetDevice() {
        link = nil
        deviceNumber = nil
        device = nil
        state = nil
    }
}

/// What the columns of an Interface row follow from, but for its counters.
struct InterfaceStatusSource: Equatable {
    var number: UInt32
    var failure: String?
    var link: LinkRecord?
    var state: InterfaceState?
    var hasPeer: Bool
    var peer: String?
    var address: UInt64
}
