import Glibc
import Linux
import VirtualMachine

/// How far a comparison is, and what it has found.
struct ComparisonCourse {
    let works: [ComparedWork]
    let pace: ComparisonPace
    let seriesCount: Int
    let endSignals: Int32
    var report = ComparisonReport()
    var progress = ProgressLine()

    init(works: [ComparedWork], pace: ComparisonPace, seriesCount: Int, endSignals: Int32) {
        self.works = works
        self.pace = pace
        self.seriesCount = seriesCount
        self.endSignals = endSignals
    }

    private mutating func show(_ kind: ComparedKind, _ what: String) {
        progress.show(
            stage: "\(kind.rawValue): \(what)", done: report.series.count + report.gaps.count, total: seriesCount)
    }

    // MARK: Without a network

    /// Boots, and the works that need no network.
    mutating func alone(
        _ kind: ComparedKind, program: String, guest: WorkGuest?, cpu: VMConfiguration.CPU, scratch: ComparisonScratch
    ) throws {
        let wanted = works.filter { !$0.needsNetwork }
        if wanted.isEmpty { return }
        try withGaps(kind, wanted) { course in
            let disk = try scratch.makeDisk("\(kind.rawValue).raw")
            defer { try? File.remove(disk) }
            if let guest, let virtualization = kind.virtualization {
                try course.machine(kind, wanted, virtualization, guest, cpu, disk, scratch)
            } else {
                try course.process(wanted, program, disk)
            }
        }
    }

    private mutating func process(_ wanted: [ComparedWork], _ program: String, _ disk: String) throws {
        var starts: [WorkSample] = []
        var last: WorkProcess?
        for _ in 0..<(wanted.contains(.boot) ? pace.processStarts : 1) {
            last?.end()
            show(.process, ComparedWork.boot.title)
            let started = MonotonicClock.now()
            let process = try WorkProcess(program, endSignals: endSignals)
            last = process
            try process.channel.waitUntilReady(patience: 10)
            starts.append(WorkSample(startNanoseconds: MonotonicClock.now() &- started, exits: nil))
        }
        guard let process = last else { return }
        defer { process.end() }
        if wanted.contains(.boot) { report.series.append(WorkSeries(kind: .process, work: .boot, samples: starts)) }
        for work in wanted where work != .boot {
            try measure(work, .process, process.channel, disk: disk, peer: "", exits: nil)
        }
    }

    private mutating func machine(
        _ kind: ComparedKind, _ wanted: [ComparedWork], _ virtualization: VMConfiguration.Virtualization,
        _ guest: WorkGuest, _ cpu: VMConfiguration.CPU, _ disk: String, _ scratch: ComparisonScratch
    ) throws {
        var configuration = VMConfiguration(name: "\(scratch.name)-\(kind.rawValue)")
        configuration.virtualization = virtualization
        configuration.cpu = cpu
        configuration.memory = WorkGuest.memory
        configuration.kernel = guest.kernel
        configuration.initialRAMDisk = guest.initialRAMDisk
        configuration.commandLine = WorkGuest.commandLine
        configuration.disks = [.init(path: disk, format: .raw)]
        var starts: [WorkSample] = []
        var last: WorkMachine?
        defer { last?.end() }
        for number in 1...(wanted.contains(.boot) ? pace.machineStarts : 1) {
            last?.end()
            last = nil
            let started = MonotonicClock.now()
            let client = try VMLauncher.start(
                configuration, executable: VMMachines.monitor, endsWithCaller: true)
            let machine = try WorkMachine(client, endSignals: endSignals)
            last = machine
            try machine.channel.waitUntilReady(patience: VirtualizationComparison.bootPatience) {
                // In a log the seconds would be a line each.
                let seconds = Double(MonotonicClock.now() &- started) / 1e9
                show(kind, "boot \(number)" + (Standard.error.isTerminal ? ", \(decimal(seconds, 0)) s" : ""))
            }
            let nanoseconds = MonotonicClock.now() &- started
            starts.append(WorkSample(startNanoseconds: nanoseconds, exits: try machine.exits()))
        }
        guard let machine = last else { return }
        report.cpu = try machine.client.status().cpu
        if wanted.contains(.boot) { report.series.append(WorkSeries(kind: kind, work: .boot, samples: starts)) }
        for work in wanted where work != .boot {
            try measure(work, kind, machine.channel, disk: kind.disk, peer: "") { try machine.exits() }
        }
    }

    // MARK: On a switch

    /// The works that need a network.
    mutating func onNetwork(
        _ kind: ComparedKind, program: String, guest: WorkGuest?, cpu: VMConfiguration.CPU, scratch: ComparisonScratch
    ) throws {
        let wanted = works.filter(\.needsNetwork)
        if wanted.isEmpty { return }
        try withGaps(kind, wanted) { course in
            course.show(kind, "a lab with a switch")
            let lab = try WorkLab(
                kind, guest: guest, cpu: cpu, program: program, scratch: scratch, endSignals: course.endSignals)
            defer { lab.end() }
            if let machine = lab.machine { course.report.cpu = try machine.client.status().cpu }
            for work in wanted {
                try course.measure(
                    work, kind, lab.channel, disk: "", peer: lab.peer,
                    exits: lab.machine.map { machine in { try machine.exits() } })
            }
        }
    }

    // MARK: Measuring

    /// What goes wrong is a gap in the report for the works that are not done yet; only the user's end ends it all.
    private mutating func withGaps(
        _ kind: ComparedKind, _ wanted: [ComparedWork], _ body: (inout ComparisonCourse) throws -> Void
    ) throws {
        do { try body(&self) } catch let end as ProgramEnd {
            throw end
        } catch {
            for work in wanted
            where report.series(work, kind) == nil
                && !report.gaps.contains(where: { $0.work == work && $0.kind == kind })
            {
                report.gaps.append(.init(kind: kind, work: work, reason: "\(error)"))
            }
        }
    }

    /// Takes samples of a work, each about as long as the pace wants it.
    private mutating func measure(
        _ work: ComparedWork, _ kind: ComparedKind, _ channel: WorkChannel, disk: String, peer: String,
        exits: (() throws -> MachineExits)?
    ) throws {
        show(kind, work.title)
        func take(_ count: UInt64) throws -> WorkSample {
            let before = try exits?()
            let request = work.request(
                count: count, disk: disk, byteCount: ComparisonScratch.diskByteCount, peer: peer)
            let (answer, nanoseconds) = try channel.ask(request)
            return WorkSample(work, answer, hostNanoseconds: nanoseconds, exits: before, try exits?())
        }
        do {
            var count = work.firstCount
            while let next = pace.nextCount(after: count, seconds: try take(count).guestSeconds, most: work.lastCount) {
                count = next
            }
            let samples = try (0..<pace.sampleCount).map { _ in try take(count) }
            report.series.append(WorkSeries(kind: kind, work: work, samples: samples))
        } catch let error as CommandError {
            // A work that fails alone leaves the others.
            report.gaps.append(.init(kind: kind, work: work, reason: error.description))
            guard error.description.hasPrefix("the work has failed") else { throw error }
        }
    }
}
