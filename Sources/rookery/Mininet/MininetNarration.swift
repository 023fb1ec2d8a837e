import Lab
import Linux
import Topology

/// What Mininet says while a network comes and goes, word for word: scripts wait for these lines.
enum MininetNarration {
    static func building(_ network: MininetTopology, _ log: MininetLog) {
        let nodes = network.topology.nodes
        log.info("*** Creating network\n*** Adding controller\n*** Adding hosts:\n")
        for node in nodes where node.isHost { log.info("\(node.name) ") }
        log.info("\n*** Adding switches:\n")
        for node in nodes where node.kind == .switch { log.info("\(node.name) ") }
        log.info("\n*** Adding links:\n")
        for text in network.linkTexts { log.info(text) }
        log.info("\n")
    }

    static func configured(_ topology: LabTopology, _ log: MininetLog) {
        log.info("*** Configuring hosts\n")
        for node in topology.nodes where node.isHost { log.info("\(node.name) ") }
        log.info("\n")
    }

    static func started(_ network: EmulatedNetwork) {
        let log = network.log
        log.info("*** Starting controller\n")
        for name in network.controllers { log.info("\(name) ") }
        log.info("\n*** Starting \(network.switches.count) switches\n")
        for node in network.switches { log.info("\(node.name) ") }
        log.info("...\n")
    }

    /// Waits until each switch has a controller that it was given; switches without any need none.
    /// - Parameter seconds: nil: for ever.
    static func waitForSwitches(_ network: EmulatedNetwork, seconds: Int? = nil) throws {
        network.log.info("*** Waiting for switches to connect\n")
        let start = MonotonicClock.now()
        var remaining = network.switches.map(\.name)
        while true {
            let alone = try network.switchesWithoutController()
            remaining.removeAll { name in
                if alone.contains(name) { return false }
                network.log.info("\(name) ")
                return true
            }
            let passed = (MonotonicClock.now() - start) / 1_000_000_000
            if remaining.isEmpty { return network.log.info("\n") }
            if let seconds, passed >= UInt64(max(0, seconds)) { break }
            _ = try Interrupts.waitReadable(-1, timeoutMilliseconds: 50)
        }
        network.log.warning("Timed out after \(seconds ?? 0) seconds\n")
        for name in remaining {
            network.log.warning("Warning: \(name) is not connected to a controller\n")
        }
    }

    static func stopping(_ network: EmulatedNetwork) {
        let log = network.log
        log.info("*** Stopping \(network.controllers.count) controllers\n")
        for name in network.controllers { log.info("\(name) ") }
        let links = network.topology.links.count
        log.info("\n*** Stopping \(links) links\n\(String(repeating: ".", count: links))\n")
        log.info("*** Stopping \(network.switches.count) switches\n")
        for node in network.switches { log.info("\(node.name) ") }
        log.info("\n*** Stopping \(network.hosts.count) hosts\n")
        for node in network.hosts { log.info("\(node.name) ") }
        log.info("\n*** Done\n")
    }
}
