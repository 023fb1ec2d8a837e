import Foundation
import Linux
import Testbed
import Testing

@testable import rookery

/// The comparison as users run it, and the program that does its works.
@Suite(.serialized) struct ComparisonEndToEndTests {
    private func report(_ run: ProgramRun) throws -> ComparisonReport {
        try JSONDecoder().decode(ComparisonReport.self, from: Data(run.output.utf8))
    }

    @Test func worksAreDone() throws {
        let disk = TemporaryDirectory()
        let file = "\(disk.path)/disk"
        try File.write(file, String(repeating: "x", count: 16384))
        let requests = "compute 100000\ncalls 5000\ndisk \(file) 16384 6\nswim 3\ndisk /nowhere 16384 1\ncompute 0\n"
        let run = try RunningProgram([BuiltPrograms.path("rookery-work"), "serve"], input: Array(requests.utf8))
            .finish(within: 20)
        var lines = run.output.split(separator: "\n").map(String.init)
        #expect(lines.removeFirst() == "work: ready")
        let answers = try lines.prefix(3).map { try WorkAnswer($0.dropFirst(6)) }
        #expect(answers.map(\.operations) == [100_000, 5000, 6])
        #expect(answers.allSatisfy { $0.nanoseconds > 0 })
        #expect(lines.dropFirst(3).allSatisfy { $0.hasPrefix("work: failed") } && lines.count == 6, "\(lines)")
        #expect(lines[4].contains("/nowhere: No such file or directory"))
        // The blocks are numbered: the last four of six writes are there, the first two are overwritten.
        let bytes = try File.read(file)
        #expect((0..<4).map { bytes[$0 * 4096] } == [4, 5, 2, 3])
        unlink(file)
        #expect(run.status == 0)
    }

    @Test func aProcessAlone() throws {
        let program = Program()
        let run = try program.run(
            "compare", "virtualization", "--kinds", "process", "--only", "boot,compute,calls,disk", "--quick", "--json",
            seconds: 60)
        try #require(run.status == 0, "\(run.all)")
        let report = try report(run)
        #expect(report.gaps.isEmpty && report.cpu == nil && report.works == [.boot, .compute, .calls, .disk])
        for series in report.series {
            #expect(series.seconds > 0 && series.exits == nil && !series.samples.isEmpty)
        }
        // A step is some instructions, a system call some hundreds, a flush goes to a disk.
        let step = try #require(report.series(.compute, .process)?.seconds)
        let call = try #require(report.series(.calls, .process)?.seconds)
        #expect(step < call)
        #expect(program.leftovers.isEmpty)
    }

    @Test(.enabled(if: Machine.runsLabs, Machine.labsNeed))
    func aProcessOnASwitch() throws {
        let program = Program()
        let svg = program.file("chart.svg")
        let run = try program.run(
            "compare", "virtualization", "--kinds", "process", "--only", "trips,datagrams,send,receive", "--quick",
            "--svg", svg, seconds: 60)
        #expect(run.status == 0 && !run.output.contains("not measured"), "\(run.all)")
        for title in ["round trip, 64 B", "datagrams, 64 B", "TCP out", "TCP in"] {
            #expect(run.output.contains(title))
        }
        #expect(try File.readText(svg).contains("TCP out"))
        #expect(program.leftovers.isEmpty)
    }

    /// The same kernel, the same program, a write and its flush: virtio's queue against AHCI's registers.
    @Test(.enabled(if: Machine.isRoot && VMVerbTests.canRunMachines, "needs apt, for the guest's packages"))
    func paraLeavesTheGuestLessOften() throws {
        let program = Program()
        let run = try program.run(
            "compare", "virtualization", "--kinds", "para,full", "--only", "disk", "--cpu", "software", "--quick",
            "--json", seconds: 300)
        try #require(run.status == 0, "\(run.all)")
        let report = try report(run)
        try #require(report.gaps.isEmpty, "\(report.gaps)")
        let para = try #require(report.series(.disk, .para)?.exits)
        let full = try #require(report.series(.disk, .full)?.exits)
        // A notification for the write and one for the flush; what a driver of AHCI has to read and write for each is more.
        #expect(para >= 1.9 && para < 3, "\(para)")
        #expect(full > 2 * para, "\(full)")
        #expect(report.series(.disk, .para)?.busiestDevice?.name.hasPrefix("virtio-blk") == true)
        #expect(report.series(.disk, .full)?.busiestDevice?.name.hasPrefix("AHCI") == true)
        #expect(program.leftovers.isEmpty)
    }

    /// Ctrl-C while a machine boots: nothing of it is left.
    @Test(.enabled(if: Machine.isRoot && VMVerbTests.canRunMachines, "needs apt, for the guest's packages"))
    func ctrlCRemovesAll() throws {
        let program = Program()
        let run = try Program.run(
            ["compare", "virtualization", "--kinds", "para", "--only", "boot", "--cpu", "software", "--quick"],
            runDirectory: program.runDirectory
        ) { $0.contains("para: boot 1") }
        #expect(run.status == 130, "\(run.all)")
        #expect(program.leftovers.isEmpty)
    }
}
