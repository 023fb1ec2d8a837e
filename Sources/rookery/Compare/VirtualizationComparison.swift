import Glibc
import Linux
import VirtualMachine

/// The same works in a process, a para and a full machine, one after the other.
///
/// One machine of a kind boots several times for `boot`; the last one does the works that need no network, with a disk of
/// its own. For the others it boots once more, on a lab's switch with a process at the other end.
struct VirtualizationComparison {
    /// How long a guest may take to boot, in seconds: on a slow machine, with a processor in software.
    static let bootPatience = 240.0

    let works: [ComparedWork]
    let kinds: [ComparedKind]
    let cpu: VMConfiguration.CPU
    let pace: ComparisonPace

    /// Makes everything, measures, and removes everything.
    /// - Parameter endSignals: readable when it is to end at once.
    func run(endSignals: Int32) throws -> ComparisonReport {
        guard let program = SiblingProgram.path("rookery-work") else {
            throw CommandError("rookery-work is not beside rookery", remedy: "make build makes it")
        }
        let scratch = try ComparisonScratch()
        scratch.removeLeftovers()
        defer { scratch.remove() }
        let hasMachines = kinds.contains { $0.virtualization != nil }
        guard !hasMachines || SiblingProgram.path("rookery-vmm") != nil else {
            throw CommandError("rookery-vmm is not beside rookery", remedy: "make build makes it")
        }
        var course = ComparisonCourse(
            works: works, pace: pace, seriesCount: works.count * kinds.count, endSignals: endSignals)
        defer { course.progress.finish() }
        let guest =
            hasMachines ? try WorkGuest(program: program, scratch: scratch, progress: &course.progress) : nil
        course.report.kernel = guest?.release
        for kind in kinds {
            try course.alone(kind, program: program, guest: guest, cpu: cpu, scratch: scratch)
            try course.onNetwork(kind, program: program, guest: guest, cpu: cpu, scratch: scratch)
        }
        return course.report
    }
}
