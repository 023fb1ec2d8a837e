import Foundation
import FoundationXML
import Testing
import Topology
import VirtualMachine
import Wire

@testable import rookery

@Suite struct ComparisonTests {
    // MARK: What is counted

    @Test func answersAreRead() throws {
        let answer = try WorkAnswer("ok 1000 2000000 990 1500000 12 3")
        #expect(answer.operations == 1000 && answer.nanoseconds == 2_000_000)
        #expect(answer.delivered == 990 && answer.deliveryNanoseconds == 1_500_000)
        #expect(answer.deviceInterrupts == 12 && answer.timerInterrupts == 3)
        for wrong in ["", "ok", "ok 1 2 3", "ok 0 1 0 0 0 0", "ok 1 2 3 4 5 x", "ok 1 2 3 4 5 6 7", "fine 1 2 3 4 5 6"]
        {
            #expect(throws: CommandError.self, "\(wrong)") { try WorkAnswer(wrong) }
        }
        do {
            _ = try WorkAnswer("failed /dev/vda: No such file or directory")
            Issue.record("a failure was read as an answer")
        } catch {
            #expect(error.description == "the work has failed: /dev/vda: No such file or directory")
        }
    }

    @Test func exitsAreCountedWithoutTheConsole() {
        let before = MachineExits([
            .init(device: "serial port", reads: 5, writes: 5), .init(device: "AHCI BAR 5", reads: 10, writes: 20),
            .init(device: "I/O APIC", reads: 1, writes: 1),
        ])
        let after = MachineExits([
            .init(device: "serial port", reads: 500, writes: 500), .init(device: "AHCI BAR 5", reads: 16, writes: 27),
            .init(device: "I/O APIC", reads: 1, writes: 1), .init(device: "HPET", reads: 2, writes: 0),
            .init(device: "HPET", reads: 0, writes: 1),
        ])
        let passed = after.since(before)
        #expect(passed.total == 6 + 7 + 3)
        #expect(
            passed.devices == [
                .init(name: "AHCI BAR 5", reads: 6, writes: 7), .init(name: "HPET", reads: 2, writes: 1),
            ])
    }

    @Test func samplesAreOfOneOperation() throws {
        let answer = try WorkAnswer("ok 10 1000000 0 0 20 1")
        let none = MachineExits([])
        let some = MachineExits([.init(device: "virtio-blk.0 BAR 4", reads: 0, writes: 25)])
        let sample = WorkSample(.disk, answer, hostNanoseconds: 1_200_000, exits: none, some)
        #expect(sample.seconds == 0.0001 && sample.exits == 2.5 && sample.deviceInterrupts == 2)
        #expect(sample.devices == [.init(name: "virtio-blk.0 BAR 4", reads: 0, writes: 2.5)])
        let process = WorkSample(.disk, answer, hostNanoseconds: 1_200_000, exits: nil, nil)
        #expect(process.exits == nil && process.deviceInterrupts == nil)
        // Datagrams are timed where they arrive: 5 of 10, the last 4 ms after the first.
        let datagrams = WorkSample(
            .datagrams, try WorkAnswer("ok 10 1000000 5 4000000 0 0"), hostNanoseconds: 1, exits: none, some)
        #expect(datagrams.delivered == 0.5 && datagrams.seconds == 0.001 && datagrams.exits == 2.5)
    }

    @Test func mediansAndSpreads() {
        #expect(WorkSeries.median([]) == 0)
        #expect(WorkSeries.median([3, 1, 2]) == 2)
        #expect(WorkSeries.median([4, 1, 3, 2]) == 2.5)
        let series = Self.series(.compute, .para, seconds: [0.9, 1, 1.3], exits: [1, 2, 9])
        #expect(series.seconds == 1 && series.exits == 2)
        #expect(abs(series.spread - 0.2) < 1e-9)
    }

    @Test func samplesGrowToTheirLength() {
        let pace = ComparisonPace(sampleSeconds: 1, sampleCount: 3, machineStarts: 1, processStarts: 1)
        #expect(pace.nextCount(after: 100, seconds: 0.6, most: 1_000_000) == nil)
        #expect(pace.nextCount(after: 100, seconds: 0.1, most: 1_000_000) == 1000)
        #expect(pace.nextCount(after: 100, seconds: 0.4, most: 1_000_000) == 250)
        #expect(pace.nextCount(after: 100, seconds: 0, most: 1_000_000) == 3200)
        #expect(pace.nextCount(after: 100, seconds: 0.1, most: 150) == 150)
        #expect(pace.nextCount(after: 150, seconds: 0.1, most: 150) == nil)
    }

    // MARK: What is said

    static func series(
        _ work: ComparedWork, _ kind: ComparedKind, seconds: [Double], exits: [Double] = [], device: String = "card"
    ) -> WorkSeries {
        let samples = seconds.enumerated().map { index, time in
            var sample = WorkSample(startNanoseconds: UInt64(time * 1e9), exits: nil)
            sample.seconds = time
            if !exits.isEmpty {
                sample.exits = exits[index]
                sample.devices = [.init(name: device, reads: 0, writes: exits[index])]
            }
            return sample
        }
        return WorkSeries(kind: kind, work: work, samples: samples)
    }

    /// Every work in every kind, para ahead wherever there is a device.
    private static var report: ComparisonReport {
        var report = ComparisonReport(cpu: "software", kernel: "6.1.0-56-amd64")
        for work in ComparedWork.allCases {
            report.series.append(series(work, .process, seconds: [0.00012, 0.00013, 0.0002]))
            report.series.append(series(work, .para, seconds: [0.00131, 0.00132, 0.0015], exits: [2.02, 2.02, 2.1]))
            report.series.append(series(work, .full, seconds: [0.0131, 0.0132, 0.015], exits: [1302, 1302, 1310]))
        }
        return report
    }

    @Test func theTableFitsATerminal() {
        let text = ComparisonText(Self.report).text()
        for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        for work in ComparedWork.allCases { #expect(text.contains(work.title)) }
        #expect(text.contains("Para wins on all 6 works that reach devices."))
        #expect(text.contains("write and flush: para is 10 times as fast as full"), "\(text)")
        // The widest of all cells.
        for seconds in [9.99e-10, 1.23e-9, 9.996e-7, 0.0123, 1, 123] {
            for work in ComparedWork.allCases {
                let wide = Self.series(work, .full, seconds: [seconds * 0.01, seconds, seconds * 1.99])
                #expect(ComparisonText.value(wide).count <= 12, "\(ComparisonText.value(wide))")
            }
        }
    }

    @Test(arguments: [
        (4.55e-9, "4.55ns"), (9.996e-10, "1ns"), (9.9999e-7, "1us"), (0.00123, "1.23ms"), (6.12, "6.12s"), (0, "0ns"),
    ]) func times(seconds: Double, text: String) {
        #expect(ComparisonText.time(seconds) == text)
    }

    @Test func ratesAreWhatPeopleAskFor() {
        #expect(ComparisonText.quantity(.datagrams, seconds: 0.0001) == "10k/s")
        // A MiB in 8.388608 ms.
        #expect(ComparisonText.quantity(.send, seconds: 0.008388608) == "1gbit")
        #expect(ComparisonText.exits(0) == "0")
        #expect(ComparisonText.exits(0.0021) == "0.0021")
        #expect(ComparisonText.exits(2.018) == "2.02")
        #expect(ComparisonText.exits(25318) == "25318")
    }

    @Test func aLossIsSaid() {
        var report = Self.report
        let place = report.series.firstIndex { $0.work == .disk && $0.kind == .para }!
        report.series[place] = Self.series(.disk, .para, seconds: [0.1, 0.1, 0.1], exits: [2, 2, 2])
        #expect(ComparisonFindings(report).lostByPara == [.disk])
        var text = ComparisonText(report).text()
        #expect(text.contains("Para does not win on 1 of 6 works that reach devices: write and flush."), "\(text)")
        // With more exits it has lost, too, be it ever so fast.
        report.series[place] = Self.series(.disk, .para, seconds: [0.0001], exits: [2000])
        #expect(ComparisonFindings(report).lostByPara == [.disk])
        // What differs less than the samples do is no difference.
        report.series[place] = Self.series(.disk, .para, seconds: [0.0130, 0.0140, 0.0150], exits: [2, 2, 2])
        #expect(ComparisonFindings(report).lostByPara.isEmpty)

        report.series.removeAll { $0.kind == .full }
        report.gaps = [.init(kind: .full, work: .disk, reason: "no full machine here")]
        text = ComparisonText(report).text()
        #expect(text.contains("full, write and flush: not measured: no full machine here"))
        #expect(!text.contains("Para wins"))
    }

    @Test func theChartIsAPicture() {
        var report = Self.report
        report.kernel = "<6.1> & more"
        let svg = ComparisonChart(report).svg
        let parser = XMLParser(data: Data(svg.utf8))
        #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
        // Three bars of time and two of exits for each work, and the legend's three.
        #expect(svg.components(separatedBy: "<rect class=").count - 1 == 8 * 5 + 3 + 1)
        #expect(svg.contains("&lt;6.1&gt; &amp; more"))
        for kind in [ComparedKind.process, .para] {
            // Fewer kinds, and values out of every scale.
            var part = ComparisonReport()
            part.series = [
                Self.series(.disk, kind, seconds: [0], exits: [0]),
                Self.series(.boot, kind, seconds: [1e6], exits: [1e9]),
            ]
            #expect(XMLParser(data: Data(ComparisonChart(part).svg.utf8)).parse())
        }
        #expect(XMLParser(data: Data(ComparisonChart(ComparisonReport()).svg.utf8)).parse())
    }

    // MARK: What is made

    @Test func namesSayWhoseThingsAre() {
        #expect(ComparisonScratch.owner(of: "compare-12.para.raw") == "compare-12")
        #expect(ComparisonScratch.owner(of: "compare-123-full") == "compare-123")
        #expect(ComparisonScratch.owner(of: "compare-7") == "compare-7")
        #expect(ComparisonScratch.owner(of: "compare-") == nil)
        #expect(ComparisonScratch.owner(of: "compare-x.raw") == nil)
        #expect(ComparisonScratch.owner(of: "debian-2.qcow2") == nil)
    }

    @Test(arguments: ComparedKind.allCases) func theLabIsALab(kind: ComparedKind) throws {
        let guest = WorkGuest(kernel: "/a/it's a kernel", release: "6.1", initialRAMDisk: "/a/initrd")
        let text = WorkLab.text(name: "compare-1", kind, guest: guest, cpu: .software)
        let topology = try LabFile(file: "lab").parse(text)
        let node = try #require(topology.nodes.first { $0.name == "guest" })
        #expect(node.kind == (kind == .process ? .process : .vm))
        if kind != .process {
            #expect(node.machine?.kernel == "/a/it's a kernel" && node.machine?.initialRAMDisk == "/a/initrd")
            #expect(node.machine?.virtualization == (kind == .full ? .full : .para) && node.machine?.cpu == .software)
            #expect(node.host.memory == WorkGuest.memory)
        }
        #expect(topology.nodes.first { $0.name == "peer" }?.interfaces.first?.ipv4.first?.description == "10.0.0.1/8")
    }

    @Test func wrongWordsAreNamed() {
        for arguments in [["--only", "boot,swim"], ["--only", ","], ["--kinds", "half"], ["--json", "--svg", "-"]] {
            #expect(Rookery.run(["compare", "virtualization"] + arguments) == 2, "\(arguments)")
        }
    }
}
