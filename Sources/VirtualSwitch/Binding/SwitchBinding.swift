import HostNetwork
import Linux
import OVSDB
import OpenFlow
import Ports
import Streams
import Switch
import Wire

// From rows to bridges: what ovs-vswitchd does with its database.
//
// What: after each commit that somebody else made, the rows are read into a `SwitchPlan`, compared with what there is, and
// the difference is put into effect: bridges, ports, devices, controllers, mirrors, queues. What came of it goes back into
// the rows (ofport, error, link_state, statistics …), and `cur_cfg` says up to where the wishes have been met:
// ovs-vsctl waits for that.
// Threads: it lives on the thread that owns the database. The data path is reached through `Poller.run`; nothing on the
// poller's thread ever waits for the database.

/// Keeps a data path as the Open_vSwitch database describes it.
public final class SwitchBinding {
    let database: Database
    let poller: Poller
    let control: BridgeControl
    /// Where sockets of controllers are that are named without a directory; nil: where the process is.
    let runDirectory: String?
    /// Whether sockets of controllers must be there.
    private let isConfined: Bool
    /// Whether the database tells how the machine is.
    var hasSystemStatistics = false
    /// What has been said of controllers that are not taken.
    private var refusals: Set<String> = []
    var bridges: [String: BoundBridge] = [:]
    /// The machine's interfaces, as they were read last.
    private var knownLinks: [String: LinkRecord] = [:]
    private var observation: Database.Observation?
    /// Set while the binding itself writes: those commits say nothing new.
    private var isWriting = false
    private var isDirty = false
    private(set) var isStopped = false
    private(set) var plan = SwitchPlan()
    let log: (String) -> Void

    /// - Parameters:
    ///   - control: the controllers' and management sockets' side of the bridges.
    ///   - runDirectory: where sockets of controllers are.
    ///   - isConfined: whether none may be elsewhere.
    ///   - log: is told what could not be done.
    public init(
        database: Database, poller: Poller, control: BridgeControl, runDirectory: String? = nil,
        isConfined: Bool = false, log: @escaping (String) -> Void
    ) {
        self.database = database
        self.poller = poller
        self.control = control
        self.runDirectory = runDirectory
        self.isConfined = isConfined
        self.log = log
    }

    /// Puts the database into effect and follows it from now on. On the database's thread.
    public func start() {
        prepareRoot()
        observation = database.observe { [unowned self] _ in
            if !isWriting { isDirty = true }
        }
        isDirty = true
        reconcileIfNeeded()
    }

    /// Ends all bridges and their devices; the rows stay.
    public func stop() {
        observation = nil
        isStopped = true
        for bridge in bridges.values { remove(bridge) }
        bridges = [:]
    }

    /// Puts into effect what commits have changed since the last call. To be called after each batch of requests.
    public func reconcileIfNeeded() {
        guard isDirty else { return }
        isDirty = false
        reconcile()
    }

    /// The machine's interfaces by name. Where the kernel does not tell them, those that are known stay: they keep
    /// their ports.
    func machineLinks() -> [String: LinkRecord] {
        do {
            let links = try RouteSocket().links()
            knownLinks = Dictionary(links.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        } catch {
            log("cannot read the machine's interfaces: \(error)")
        }
        return knownLinks
    }

    /// Runs `body`, whose commits are the binding's own.
    func ignoringOwnCommits(_ body: () -> Void) {
        isWriting = true
        body()
        isWriting = false
    }

    /// Something about the machine's interfaces has changed: follows it, and tries again what has failed.
    public func interfacesChanged() {
        if isStopped { return }
        let links = machineLinks()
        var isWhole = true
        for bridge in bridges.values {
            for interface in bridge.interfaces.values {
                if case .socket? = interface.device, links[interface.plan.name]?.index != interface.interfaceIndex {
                    detach(interface)
                }
            }
            let isMissing = bridge.plan.ports.values.contains { port in
                port.interfaces.contains { plan in
                    plan.type != "patch" && bridge.interfaces[plan.name]?.device == nil
                        && (links[plan.name] != nil || bridge.busy.contains(plan.row))
                }
            }
            if isMissing { isWhole = false }
        }
        if isWhole { follow(links) } else { reconcile() }
    }

    /// Runs `body` on the poller's thread while this one waits: many calls of the data path cost one wake-up.
    /// The poller's thread may let go of `body` a moment after it has run it: it escapes.
    private func onPoller(_ body: @escaping () -> Void) {
        nonisolated(unsafe) let body = body
        poller.run { _, _ in body() }
    }

    private func reconcile() {
        var wanted = SwitchPlan(database)
        placeControllers(of: &wanted)
        for name in wanted.ignoredNames.subtracting(plan.ignoredNames).sorted() {
            log("bridge \(name) is ignored: its name has a / in it; choose one without")
        }
        plan = wanted
        control.setTLS(tls)
        for (name, bridge) in bridges where wanted.bridges[name]?.row != bridge.plan.row {
            remove(bridge)
            bridges[name] = nil
        }
        for bridge in bridges.values { removeInterfaces(of: bridge, notIn: wanted.bridges[bridge.plan.name]!) }
        for plan in wanted.bridges.values.sorted(by: { $0.name < $1.name }) where bridges[plan.name] == nil {
            bridges[plan.name] = makeBridge(plan)
        }
        let ordered = wanted.bridges.values.sorted { $0.name < $1.name }
        let before = bridges.mapValues { $0.isFresh ? nil : $0.plan }
        for plan in ordered {
            let bridge = bridges[plan.name]!
            bridge.plan = plan
            addInterfaces(of: bridge)
        }
        let links = machineLinks()
        for plan in ordered {
            let bridge = bridges[plan.name]!
            chooseAddress(of: bridge, links)
            apply(to: bridge, before: before[plan.name] ?? nil)
            bridge.isFresh = false
        }
        joinPatches()
        follow(links)
    }

    private func placeControllers(of plan: inout SwitchPlan) {
        guard let runDirectory else { return }
        var found: Set<String> = []
        for (name, bridge) in plan.bridges {
            for index in bridge.controllers.indices {
                plan.bridges[name]!.controllers[index].place(in: runDirectory, bridge: name, isConfined: isConfined)
                let controller = plan.bridges[name]!.controllers[index]
                guard let refusal = controller.refusal else { continue }
                found.insert("bridge \(name): controller \(controller.target) is not taken: \(refusal)")
            }
        }
        for refusal in found.subtracting(refusals).sorted() { log(refusal) }
        refusals = found
    }

    /// Brings bridges, and what the rows say of them, in step with the machine's interfaces.
    private func follow(_ links: [String: LinkRecord]) {
        var links = links
        for bridge in bridges.values {
            let before = bridge.address
            chooseAddress(of: bridge, links)
            if bridge.address != before { apply(to: bridge, before: bridge.plan) }
            setDevices(of: bridge, &links)
        }
        followLinks(links)
        for bridge in bridges.values { applyBonds(bridge) }
        writeBack(links)
    }

    // MARK: Bridges

    private func makeBridge(_ plan: BridgePlan) -> BoundBridge {
        let address = plan.address ?? Self.address(of: plan.row)
        var wanted = BridgeSettings(standalone: false)
        plan.apply(to: &wanted)
        let settings = wanted
        let index = poller.run { datapath, now in
            datapath.addBridge(name: plan.name, address: address, settings: settings, now: now)
        }
        return BoundBridge(plan, index: index, address: address)
    }

    private func remove(_ bridge: BoundBridge) {
        control.removeBridge(bridge.index)
        remove(Array(bridge.interfaces.values), from: bridge)
        let index = bridge.index
        poller.run { datapath, now in datapath.removeBridge(index, now: now) }
    }

    /// What a bridge is set to, beside its ports.
    private func apply(to bridge: BoundBridge, before: BridgePlan?) {
        let plan = bridge.plan
        let index = bridge.index
        applySettings(of: bridge)
        if before?.flowTables ?? [:] != plan.flowTables { applyFlowTables(bridge, before: before) }
        let mirrors = plan.mirrors.map { bridge.mirror($0) }
        if mirrors != bridge.mirrors {
            bridge.mirrors = mirrors
            poller.run { datapath, now in datapath.setMirrors(bridge: index, mirrors, now: now) }
        }
        control.setBridge(
            BridgeControlSettings(
                index: index, name: plan.name, datapathID: plan.datapathID ?? bridge.address, versions: plan.versions,
                controllers: plan.controllers.compactMap(\.settings), isSecure: plan.isSecure,
                descriptions: plan.descriptions))
    }

    func applySettings(of bridge: BoundBridge) {
        let index = bridge.index
        let plan = bridge.plan
        let inBand = plan.inBand
        poller.run { datapath, now in
            // The agent has its share in these: who forwards without a controller.
            var settings = datapath.settings(bridge: index)
            plan.apply(to: &settings)
            settings.inBand = inBand
            datapath.setSettings(bridge: index, settings, now: now)
        }
    }

    private func applyFlowTables(_ bridge: BoundBridge, before: BridgePlan?) {
        let index = bridge.index
        for table in Set(bridge.plan.flowTables.keys).union(before?.flowTables.keys ?? [:].keys) {
            let plan = bridge.plan.flowTables[table]
            let groups = (plan?.groups ?? []).compactMap { text in
                let field = try? Subfield(parsing: text[...])
                if field == nil {
                    log("bridge \(bridge.plan.name): table \(table): \(text) is no field to group flows by")
                }
                return field
            }
            let (evicts, evicted) = (plan?.evicts ?? false, before?.flowTables[table]?.evicts ?? false)
            poller.run { datapath, now in
                // Eviction and vacancy events may be controllers' wish, too (`OFPT_TABLE_MOD`).
                var settings = datapath.tableSettings(bridge: index, table: table)
                settings.name = plan?.name ?? ""
                settings.maximumFlows = plan?.limit
                settings.evictionGroups = groups
                settings.evictsMortalFlowsOnly = evicts
                if evicts != evicted {
                    settings.evicts = evicts
                    settings.evictionFlags = evicts ? .lifetime : TableSettings().evictionFlags
                }
                datapath.setTable(bridge: index, table: table, settings, now: now)
            }
        }
    }

    // MARK: Interfaces

    private func removeInterfaces(of bridge: BoundBridge, notIn plan: BridgePlan) {
        var wanted: [String: InterfacePlan] = [:]
        for port in plan.ports.values { for interface in port.interfaces { wanted[interface.name] = interface } }
        var leaving: [BoundInterface] = []
        for (name, interface) in bridge.interfaces {
            if let new = wanted[name], new.row == interface.plan.row, new.type == interface.plan.type,
                new.requestedNumber == interface.plan.requestedNumber || new.requestedNumber == nil
                    || new.requestedNumber == interface.number
            {
                continue
            }
            leaving.append(interface)
        }
        remove(leaving, from: bridge)
        let rows = Set(wanted.values.map(\.row))
        for row in bridge.failures.keys where !rows.contains(row) {
            bridge.failures[row] = nil
        }
    }

    private func addInterfaces(of bridge: BoundBridge) {
        var fresh: [(interface: BoundInterface, port: PortPlan)] = []
        for port in bridge.plan.ports.values.sorted(by: { NaturalOrder.precedes($0.name, $1.name) }) {
            for plan in port.interfaces {
                if let interface = bridge.interfaces[plan.name] {
                    update(interface, plan, port, of: bridge)
                } else if let interface = open(plan, port, of: bridge) {
                    bridge.insert(interface)
                    fresh.append((interface, port))
                }
            }
        }
        guard !fresh.isEmpty else { return }
        let index = bridge.index
        onPoller { [self] in
            for (interface, port) in fresh {
                let (number, name, vlan) = (interface.number, interface.plan.name, port.vlan)
                interface.port = poller.run { datapath, now in
                    datapath.addPort(bridge: index, number: number, name: name, vlan: vlan, now: now)
                }
                interface.vlan = vlan
                apply(port.forwarding, to: interface)
                attach(interface)
                applyQueues(interface, port)
            }
        }
    }

    private func apply(_ forwarding: PortForwarding, to interface: BoundInterface) {
        guard forwarding != interface.forwarding else { return }
        interface.forwarding = forwarding
        let port = interface.port
        poller.run { datapath, _ in datapath.setForwarding(port: port, forwarding) }
    }

    /// Opens the device of a new interface; nil: it cannot be had.
    private func open(_ plan: InterfacePlan, _ port: PortPlan, of bridge: BoundBridge) -> BoundInterface? {
        let isLocal = plan.name == bridge.plan.name
        guard let number = isLocal ? PortNumber.local : bridge.freeNumber(plan.requestedNumber) else {
            bridge.failures[plan.row] = "\(plan.name): no free port number"
            return nil
        }
        bridge.busy.remove(plan.row)
        let interface = BoundInterface(plan, portName: port.name, number: number)
        if plan.type != "patch" {
            var opened = plan
            if isLocal { opened.type = "internal" }
            do throws(InterfaceDevice.Failure) {
                try interface.open(opened, address: isLocal ? bridge.address : plan.address)
            } catch {
                if bridge.failures[plan.row] != error.text { log("bridge \(bridge.plan.name): \(error.text)") }
                bridge.failures[plan.row] = error.text
                if error.isBusy { bridge.busy.insert(plan.row) }
                return nil
            }
        } else if plan.options["peer"] == nil {
            bridge.failures[plan.row] = "\(plan.name): patch type requires valid 'peer' argument"
            return nil
        }
        bridge.failures[plan.row] = nil
        return interface
    }

    /// Joins an interface's device to its port.
    private func attach(_ interface: BoundInterface) {
        guard let device = interface.device else { return }
        let number = poller.addDevice(
            name: interface.plan.name, descriptor: device.descriptor, capabilities: device.capabilities)
        let port = interface.port
        interface.deviceNumber = number
        interface.link = poller.run { datapath, now in
            datapath.addLink(.device(number), .port(port), now: now)
        }
    }

    private func detach(_ interface: BoundInterface) {
        if let link = interface.link {
            let device = interface.deviceNumber
            if let device { poller.removeDevice(device) }
            poller.run { datapath, now in
                datapath.removeLink(link, now: now)
                if let device { datapath.removeDevice(device, now: now) }
            }
        }
        interface.forgetDevice()
    }

    private func remove(_ interfaces: [BoundInterface], from bridge: BoundBridge) {
        guard !interfaces.isEmpty else { return }
        poller.removeDevices(interfaces.compactMap(\.deviceNumber))
        onPoller { [self] in
            for interface in interfaces {
                let (link, device, port) = (interface.link, interface.deviceNumber, interface.port)
                poller.run { datapath, now in
                    if let link { datapath.removeLink(link, now: now) }
                    if let device { datapath.removeDevice(device, now: now) }
                    datapath.removePort(port, now: now)
                }
                interface.peer?.link = nil
                interface.peer?.peer = nil
            }
        }
        for interface in interfaces {
            interface.forgetDevice()
            bridge.remove(interface)
            control.portChanged(bridge.index, port: interface.number)
        }
    }

    private func update(_ interface: BoundInterface, _ plan: InterfacePlan, _ port: PortPlan, of bridge: BoundBridge) {
        interface.plan = plan
        if interface.vlan != port.vlan {
            interface.vlan = port.vlan
            let index = interface.port
            let vlan = port.vlan
            poller.run { datapath, _ in datapath.setVLAN(port: index, vlan) }
        }
        apply(port.forwarding, to: interface)
        if interface.device == nil && plan.type != "patch" {
            // It was gone; it may be back.
            var opened = plan
            if plan.name == bridge.plan.name { opened.type = "internal" }
            do throws(InterfaceDevice.Failure) {
                try interface.open(opened, address: plan.address)
                bridge.failures[plan.row] = nil
                attach(interface)
            } catch {
                bridge.failures[plan.row] = error.text
            }
        }
        applyQueues(interface, port)
    }

    /// What QoS and policing ask for, as the rates and queues of the port's link.
    private func applyQueues(_ interface: BoundInterface, _ port: PortPlan) {
        guard let link = interface.link, interface.device != nil else { return }
        let policing = (rate: interface.plan.policingRate, burst: interface.plan.policingBurst)
        guard port.qos != interface.qos || policing != interface.policing else { return }
        let isNew = interface.qos == nil && interface.policing.rate == 0
        if isNew && port.qos == nil && policing.rate == 0 { return }
        let hadQueues = interface.qos?.queues.isEmpty == false
        interface.qos = port.qos
        interface.policing = policing
        var inward = LinkProfile()
        if policing.rate > 0 {
            // Kilobits a second, and kilobits.
            inward.rate = UInt64(policing.rate) * 1000
            inward.queue = .bytes((policing.burst == 0 ? 8000 : Int(policing.burst)) * 125)
        }
        let toSwitch = inward
        let fromSwitch = LinkProfile(rate: port.qos?.maximumRate)
        let queues = port.qos?.queues ?? []
        let index = interface.port
        poller.run { datapath, now in
            datapath.setProfile(link: link, forward: toSwitch, reverse: fromSwitch, now: now)
            if hadQueues || !queues.isEmpty { datapath.setQueues(port: index, queues, now: now) }
        }
    }

    /// Links patch ports whose peers name each other.
    private func joinPatches() {
        var patches: [String: BoundInterface] = [:]
        for bridge in bridges.values {
            for interface in bridge.interfaces.values where interface.plan.type == "patch" {
                patches[interface.plan.name] = interface
            }
        }
        for (name, interface) in patches.sorted(by: { $0.key < $1.key }) {
            let other = interface.plan.options["peer"].flatMap { patches[$0] }
            let wanted = other?.plan.options["peer"] == name && other !== interface ? other : nil
            if interface.peer === wanted { continue }
            if let link = interface.link, let old = interface.peer {
                poller.run { datapath, now in datapath.removeLink(link, now: now) }
                for end in [interface, old] {
                    end.link = nil
                    end.peer = nil
                }
            }
            guard let wanted, wanted.peer == nil else { continue }
            let ends = (interface.port, wanted.port)
            let link = poller.run { datapath, now in datapath.addLink(.port(ends.0), .port(ends.1), now: now) }
            for end in [interface, wanted] { end.link = link }
            interface.peer = wanted
            wanted.peer = interface
        }
    }

    /// The files that the SSL table names.
    var tls: TLSMaterial? {
        plan.tls.map {
            TLSMaterial(
                privateKey: $0.privateKey, certificate: $0.certificate,
                authority: $0.authority.isEmpty ? nil : $0.authority)
        }
    }

    /// Nanoseconds until the statistics are due again.
    public var statisticsInterval: Int64 {
        Int64(clamping: Nanoseconds.milliseconds(max(100, plan.statisticsInterval)))
    }
}
