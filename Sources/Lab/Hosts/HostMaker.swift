import HostNetwork
import Linux
import Synchronization
import Topology

// Making many hosts' networks: two threads, since the kernel's locks let no more of them do useful work.

/// Makes the networks of all hosts of a lab.
struct HostMaker {
    static let threadCount = 2

    private struct Progress {
        var next = 0
        var hosts: [Host?]
        var failure: LabError?
    }

    /// Makes hosts; those on the machine itself are not for it.
    /// - Parameter progress: called on the calling thread with the number of hosts made; false ends the work.
    /// - Returns: in the order of `nodes`.
    static func make(
        _ nodes: [LabTopology.Node], progress: (Int) throws(LabError) -> Void
    ) throws(LabError) -> [Host] {
        if nodes.isEmpty { return [] }
        let hasIPv6 = File.exists("/proc/sys/net/ipv6")
        let shared = Shared(count: nodes.count)
        var threads: [NamespaceThread] = []
        for _ in 0..<min(threadCount, nodes.count) {
            let thread = try labelled { () throws(SystemError) in try NamespaceThread(name: "rookery-hosts") }
            thread.submit { shared.work { index throws(LabError) in (nodes[index], hasIPv6) } }
            threads.append(thread)
        }
        while true {
            let (made, isOver) = shared.look()
            do throws(LabError) { try progress(made) } catch {
                shared.stop(error)
                throw error
            }
            if isOver { break }
            MonotonicClock.sleep(until: MonotonicClock.now() + 5_000_000)
        }
        // Joins the threads, so that nobody writes any more.
        threads = []
        return try shared.result()
    }

    private final class Shared: Sendable {
        private let state: Mutex<Progress>

        init(count: Int) { state = Mutex(Progress(hosts: Array(repeating: nil, count: count))) }

        func look() -> (made: Int, isOver: Bool) {
            state.withLock { state in
                let made = state.hosts.count { $0 != nil }
                return (made, made == state.hosts.count || state.failure != nil)
            }
        }

        func stop(_ error: LabError) { state.withLock { $0.failure = $0.failure ?? error } }

        func result() throws(LabError) -> [Host] {
            try state.withLock { (state) throws(LabError) in
                if let failure = state.failure { throw failure }
                return state.hosts.compactMap { $0 }
            }
        }

        /// What each of the threads does.
        func work(_ job: (Int) throws(LabError) -> (LabTopology.Node, hasIPv6: Bool)) {
            do throws(LabError) {
                while let index = take() {
                    let (node, hasIPv6) = try job(index)
                    let host = try HostMaker.make(node, hasIPv6: hasIPv6)
                    state.withLock { $0.hosts[index] = host }
                }
            } catch {
                stop(error)
            }
        }

        private func take() -> Int? {
            state.withLock { state in
                guard state.failure == nil, state.next < state.hosts.count else { return nil }
                state.next += 1
                return state.next - 1
            }
        }
    }

    private static func make(
        _ node: LabTopology.Node, hasIPv6: Bool
    ) throws(LabError) -> Host {
        let plan = HostNetworkPlan(node, hasIPv6: hasIPv6)
        var planError: LabError?
        let made: HostNamespace = try labelled("cannot make the host \(node.name)") { () throws(HostNetworkError) in
            try HostNamespace.make(taps: plan.taps) { (batch, indices) throws(HostNetworkError) in
                do throws(LabError) {
                    let names = Dictionary(uniqueKeysWithValues: zip(node.interfaces.map(\.name), indices))
                    try plan.addRoutes(to: &batch, indices: names)
                } catch { planError = error }
                for (path, value) in plan.settings {
                    do throws(SystemError) { try File.writeValue(path, value) } catch { throw .system(error) }
                }
            }
        }
        if let planError { throw planError }
        let indices = Dictionary(uniqueKeysWithValues: zip(node.interfaces.map(\.name), made.indices))
        let taps = made.taps
        return try labelled { () throws(SystemError) in
            Host(node, network: try made.network.duplicate(), taps: taps, indices: indices)
        }
    }
}
