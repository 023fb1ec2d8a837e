import Testbed
import Testing

/// Linux on several processors, and on the kernel's KVM.
@Suite(.serialized)
struct GuestProcessorTests {
    static let canRunMachines = Machine.has("apt-get", "apt-cache", "dpkg-deb")

    /// Whether /dev/kvm runs a guest faster than the processor in software: some only emulate.
    static let hasRealKVM: Bool = {
        let program = Program()
        guard let run = try? program.run("doctor") else { return false }
        return run.all.split(separator: "\n").contains { $0.contains("/dev/kvm") && $0.contains("times as fast as") }
            && !run.all.contains("emulates only")
    }()

    /// With both processors busy, the kernel patches its code (static keys: breakpoints, one processor tells the other of each
    /// step), and takes one of them away and back (stop-machine, INIT and start-up messages).
    @Test(.enabled(if: canRunMachines, "needs apt, for the guest's packages"))
    func kernelPatchesItsCodeOnTwoProcessors() throws {
        let script = """
            (while :; do :; done) & a=$!
            (while :; do /bin/busybox true; done) & b=$!
            for i in 1 2 3; do for on in 1 0; do echo $on > /proc/sys/kernel/sched_schedstats; done; done
            for i in 1 2; do for on in 0 1; do echo $on > /sys/devices/system/cpu/cpu1/online; nproc; done; done
            kill $a $b
            dmesg | grep -E 'BUG|Oops|lockup'
            exit 7
            """
        let run = try Program().run(
            "vm", "run", "mini", "--vcpus", "2", "--cpu", "software", "--", "sh", "-c", script, seconds: 300)
        #expect(run.status == 7, "\(run.all)")
        #expect(run.output == "1\n2\n1\n2\n", "\(run.all)")
    }

    @Test(
        .enabled(if: canRunMachines, "needs apt, for the guest's packages"),
        .enabled(if: hasRealKVM, "/dev/kvm is missing here, or only emulates ('rookery doctor' tells)"))
    func linuxOnKVM() throws {
        let run = try Program().run(
            "vm", "run", "mini", "--vcpus", "2", "--cpu", "kvm", "--", "sh", "-c", "nproc; uname -r", seconds: 300)
        #expect(run.status == 0 && run.output.hasPrefix("2\n6."), "\(run.all)")
    }
}
