import Linux

/// The thread of one processor: runs it, parks while the machine is paused.
final class ProcessorThread: @unchecked Sendable {
    let cpu: any VirtualCPU
    private let gate: Condition
    private let onEnd: (CPUEnd) -> Void
    /// Guarded by `gate`.
    private var wanted = Wanted.pause
    private(set) var isParked = false
    private(set) var hasEnded = false

    private enum Wanted { case run, pause, end }

    /// - Parameters:
    ///   - gate: shared by the threads of a machine.
    ///   - onEnd: called on the thread when the processor comes back of itself; it parks then.
    init(_ cpu: any VirtualCPU, gate: Condition, onEnd: @escaping (CPUEnd) -> Void) throws(SystemError) {
        self.cpu = cpu
        self.gate = gate
        self.onEnd = onEnd
        try BackgroundThread.start("vcpu\(cpu.number)") { self.loop() }
    }

    private func loop() {
        CurrentThread.setTimerSlack(nanoseconds: 1)
        ThreadInterrupt.accept()
        while mayRun() {
            let end = cpu.run()
            if end != .interrupted {
                gate.hold { if wanted == .run { wanted = .pause } }
                onEnd(end)
            }
        }
        gate.hold {
            hasEnded = true
            gate.wakeAll()
        }
    }

    private func mayRun() -> Bool {
        gate.hold {
            while wanted == .pause {
                isParked = true
                gate.wakeAll()
                gate.wait()
            }
            isParked = false
            return wanted == .run
        }
    }

    /// With the gate held.
    func resume() {
        if wanted != .end { wanted = .run }
        gate.wakeAll()
    }

    /// With the gate held; `isParked` tells when it is so.
    func pause() {
        if wanted != .end { wanted = .pause }
        cpu.interrupt()
    }

    /// With the gate held; `hasEnded` tells when it is so.
    func end() {
        wanted = .end
        gate.wakeAll()
        cpu.interrupt()
    }
}
