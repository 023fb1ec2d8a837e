import ArgumentParser
import Board
import DiskImage
import GuestImages
import Linux

extension ImageFormat: ExpressibleByArgument {}

/// Disk images by path, or by the name of an image that is made.
enum DiskImagePath {
    static func resolve(_ text: String) -> String {
        if File.exists(text) || text.contains("/") { return text }
        return ImageCache.standard.image(named: text)?.disk ?? text
    }

    /// Runs what throws storage errors.
    static func attempt<Result>(
        _ body: () throws(BlockStorageError) -> Result
    ) throws(CommandError) -> Result {
        do throws(BlockStorageError) { return try body() } catch { throw CommandError(error.description) }
    }
}

struct ImageInfo: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "info", abstract: "Show what a disk image is.")

    @Argument(help: "The file, or the name of an image.") var image: String
    @Option(name: [.customShort("f"), .long], help: "The format: raw or qcow2; otherwise found by looking.")
    var format: ImageFormat?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let path = DiskImagePath.resolve(image)
        let information = try DiskImagePath.attempt { () throws(BlockStorageError) in
            try DiskImageFile.information(path, format: format)
        }
        if json { return try Standard.output.writeJSON(information) }
        var lines = [
            ("image", information.path),
            ("format", information.format.rawValue + (information.version.map { ", version \($0)" } ?? "")),
            ("disk", "\(Readable.size(information.byteCount)) (\(information.byteCount) bytes)"),
            ("takes", "\(Readable.size(information.allocatedByteCount)) of the host's disk"),
        ]
        if let cluster = information.clusterByteCount { lines.append(("clusters", Readable.size(cluster))) }
        if let backing = information.backingFile {
            lines.append(("backing", backing + (information.backingFormat.map { " (\($0))" } ?? "")))
        }
        if let count = information.snapshotCount, count > 0 { lines.append(("snapshots", "\(count)")) }
        if information.isDirty == true { lines.append(("state", "was not closed; repaired when it is next written")) }
        if information.isCorrupt == true { lines.append(("state", "marked as corrupt")) }
        for (key, value) in lines {
            Standard.output.write(key + String(repeating: " ", count: 11 - key.count) + value + "\n")
        }
    }
}

struct CreateImage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make an empty disk image.",
        usage: "rookery vm image create <file> [<size>] [options]")

    @Argument(help: "The file; its ending says the format: .raw, .img; qcow2 otherwise.") var file: String
    @Argument(help: "The disk's size: 10G; with --backing, its size.") var size: ByteQuantity?
    @Option(name: [.customShort("f"), .long], help: "The format: raw or qcow2.") var format: ImageFormat?
    @Option(name: [.customShort("b"), .long], help: "What is read where nothing has been written yet.")
    var backing: String?
    @Option(help: ArgumentHelp("The unit of allocation, 512 to 2M.", valueName: "size")) var cluster: ByteQuantity?
    @Flag(help: "Reserve the space now (raw).") var preallocate = false

    func run() throws {
        let byEnding: ImageFormat = [".raw", ".img"].contains { file.hasSuffix($0) } ? .raw : .qcow2
        var creation = DiskImageFile.Creation(format ?? byEnding, byteCount: size?.byteCount)
        if preallocate, creation.format != .raw {
            throw CommandError.usage("only raw images can have their space reserved", remedy: "add --format raw")
        }
        creation.backingFile = backing
        creation.isPreallocated = preallocate
        if let cluster { creation.clusterByteCount = cluster.byteCount }
        try DiskImagePath.attempt { () throws(BlockStorageError) in try DiskImageFile.create(file, creation) }
    }
}

/// A disk's new size, as `qemu-img resize` takes it: whole, or with a plus what is to be added.
enum SizeChange: ExpressibleByArgument, Equatable {
    case to(UInt64)
    case by(UInt64)

    init?(argument: String) {
        let isGrowth = argument.hasPrefix("+")
        guard let quantity = ByteQuantity(argument: String(argument.dropFirst(isGrowth ? 1 : 0))) else { return nil }
        self = isGrowth ? .by(quantity.byteCount) : .to(quantity.byteCount)
    }
}

struct ResizeImage: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resize", abstract: "Change the size of a disk.")

    @Argument(help: "The file.") var file: String
    @Argument(help: "The new size: 20G; or what is to be added: +5G.") var size: SizeChange
    @Option(name: [.customShort("f"), .long], help: "The format: raw or qcow2; otherwise found by looking.")
    var format: ImageFormat?
    @Flag(help: "Cut off the end of the disk.") var shrink = false

    func run() throws {
        let (now, target) = try DiskImagePath.attempt { () throws(BlockStorageError) in
            let now = try DiskImageFile.information(file, format: format).byteCount
            let target =
                switch size {
                case .to(let byteCount): byteCount
                case .by(let byteCount): now + byteCount
                }
            return (now, target)
        }
        if target < now, !shrink {
            throw CommandError(
                "'\(file)' has \(now) bytes: the end of its content would be lost", remedy: "--shrink cuts it off")
        }
        try DiskImagePath.attempt { () throws(BlockStorageError) in
            try DiskImageFile.resize(file, format: format, to: target, shrinks: shrink)
        }
    }
}

struct ConvertImage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "Copy a disk into a new image, with what its backing files have.",
        usage: "rookery vm image convert <source> <target> [options]")

    @Argument(help: "The file, or the name of an image.") var source: String
    @Argument(help: "The new file; its ending says the format: .raw, .img; qcow2 otherwise.") var target: String
    @Option(name: [.customShort("f"), .long], help: "The source's format; otherwise found by looking.")
    var format: ImageFormat?
    @Option(name: [.customShort("O"), .long], help: "The new format: raw or qcow2.") var outputFormat: ImageFormat?

    func run() throws {
        let byEnding: ImageFormat = [".raw", ".img"].contains { target.hasSuffix($0) } ? .raw : .qcow2
        var line = ProgressLine()
        defer { line.finish() }
        let path = DiskImagePath.resolve(source)
        try DiskImagePath.attempt { () throws(BlockStorageError) in
            try DiskImageFile.convert(from: path, format: format, to: target, as: outputFormat ?? byEnding) {
                done, total in
                line.show(stage: "converting", done: Int(done >> 20), total: Int(total >> 20))
            }
        }
    }
}

struct CheckImage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a qcow2 image.",
        discussion: "The exit status is 0 for a sound image, 2 for a damaged one, 3 where only space is lost.")

    @Argument(help: "The file, or the name of an image.") var image: String
    @Flag(help: "Mend what can be mended.") var repair = false
    @Flag(help: "Print JSON.") var json = false

    private struct Answer: Codable {
        var isSound: Bool
        var faults: [String]
        var faultCount: Int
        var leakedClusters: UInt64
        var mappedClusters: UInt64
        var compressedClusters: UInt64
        var totalClusters: UInt64
        var endOffset: UInt64
        var repaired: Int
    }

    func run() throws {
        let path = DiskImagePath.resolve(image)
        let check = try DiskImagePath.attempt { () throws(BlockStorageError) in
            try DiskImageFile.check(path, repair: repair)
        }
        guard let check else {
            Standard.error.write("\(path) is a raw image: nothing of it can be wrong\n")
            return
        }
        if json {
            try Standard.output.writeJSON(
                Answer(
                    isSound: check.isSound, faults: check.faults, faultCount: check.faultCount,
                    leakedClusters: check.leakedClusters, mappedClusters: check.mappedClusters,
                    compressedClusters: check.compressedClusters, totalClusters: check.totalClusters,
                    endOffset: check.endOffset, repaired: check.repaired))
        } else {
            for fault in check.faults { Standard.output.write("fault: \(fault)\n") }
            if check.faultCount > check.faults.count {
                Standard.output.write("… and \(check.faultCount - check.faults.count) more\n")
            }
            if check.repaired > 0 { Standard.output.write("mended: \(check.repaired)\n") }
            Standard.output.write(
                "\(check.isSound ? "sound" : "damaged"): \(check.mappedClusters) of \(check.totalClusters) clusters in use, "
                    + "\(check.leakedClusters) lost, \(Readable.size(check.endOffset)) of file\n")
        }
        if !check.isSound { throw ProgramEnd(status: 2) }
        if check.leakedClusters > 0 { throw ProgramEnd(status: 3) }
    }
}
