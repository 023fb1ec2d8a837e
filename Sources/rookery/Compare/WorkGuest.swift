import Glibc
import GuestImages
import Linux
import VirtualMachine

/// The guest of a comparison: the mini image with the drivers of both kinds of machines, and `rookery-work` in it.
struct WorkGuest {
    static let commandLine = "console=ttyS0 quiet"
    static let memory: UInt64 = 256 << 20

    let kernel: String
    let release: String
    let initialRAMDisk: String
}

extension WorkGuest {
    /// - Parameter program: `rookery-work`.
    init(program: String, scratch: ComparisonScratch, progress: inout ProgressLine) throws {
        let image: GuestImage
        if let present = MiniImage.present(.generic) {
            image = present
        } else {
            var line = progress
            image = try MiniImage.make(.generic) { step in
                if case .stage(let stage) = step { line.show(stage: stage, done: 0, total: 0) }
            }
            line.finish()
        }
        kernel = image.kernel
        release = image.release
        initialRAMDisk = scratch.path("initrd")
        // On the console as on a terminal: requests come by it.
        var command = GuestCommand(["/rookery/work", "serve"], terminal: "dumb")
        command.programs["rookery/work"] = try File.read(program)
        try command.write(initialRAMDisk: image, to: initialRAMDisk)
    }
}
