import Glibc
import HostNetwork
import Linux
import Ports
import Synchronization

// Taking a lab down. Programs end first, then packets stop, then the namespaces are let go of, all at once, since the
// kernel clears network namespaces away in batches. What is listed in the state file is the guardian's to remove, when
// this process has ended.

extension Supervisor {
    /// Takes the lab down and returns true when nothing of it is left in this process; false where somebody else does it.
    @discardableResult
    func stop(_ progress: (_ stage: String, _ done: Int, _ total: Int) -> Void) -> Bool {
        guard beginEnding() else { return false }
        schedule.end()
        if isUp.load(ordering: .relaxed) { switchMachinesOff(progress) }
        progress("programs", 0, 1)
        endPrograms()
        progress("programs", 1, 1)
        for host in hosts { host.machine?.closeDoors() }
        control.stop()
        fabric.poller.stop()
        var hosts = forgetHosts()
        progress("hosts", 0, hosts.count)
        let count = hosts.count
        let last = hosts.isEmpty ? nil : try? LastNamespace()
        for host in hosts { host.release() }
        hosts = []
        last?.waitForEnd()
        machineDevices.withLock { $0 = [] }
        progress("hosts", count, count)
        return true
    }

    /// Ends all programs: politely, and after half a second by force.
    private func endPrograms() {
        // Everything but this process, which is the first of its PID namespace; never elsewhere.
        guard getpid() == 1 else { return }
        for signal in [SIGHUP, SIGTERM, SIGCONT] { kill(-1, signal) }
        let patience = MonotonicClock.now() + 500_000_000
        while kill(-1, 0) == 0, MonotonicClock.now() < patience {
            MonotonicClock.sleep(until: MonotonicClock.now() + 2_000_000)
        }
        kill(-1, SIGKILL)
        let deadline = MonotonicClock.now() + 2_000_000_000
        while kill(-1, 0) == 0, MonotonicClock.now() < deadline {
            MonotonicClock.sleep(until: MonotonicClock.now() + 1_000_000)
        }
    }
}
