import ArgumentParser
import Glibc
import GuestImages

/// The images that can be made.
enum MadeImage: String, ExpressibleByArgument, CaseIterable {
    case mini
    case miniGeneric = "mini-generic"
    case debian
}

struct MakeImage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make", abstract: "Make an image from Debian's packages, or bring it up to date.",
        discussion: """
            mini: busybox, iperf3, socat and drivers in an initial RAM disk, with the cloud
            kernel; mini-generic: the same with the kernel for real hardware; debian: a
            bootable disk (needs root and mmdebstrap, takes some minutes).
            """)

    @Argument(help: "mini, mini-generic or debian.") var image: MadeImage

    @Option(help: ArgumentHelp("The size of debian's disk.", valueName: "size"))
    var size = ByteQuantity(argument: "2G")!

    func validate() throws {
        guard size.byteCount >= 1 << 30, size.byteCount <= 1 << 40 else {
            throw ValidationError("--size: a Debian disk has 1G to 1T")
        }
    }

    func run() throws {
        var line = ProgressLine()
        let show = { (step: GuestImageProgress) in
            if case .stage(let stage) = step { line.show(stage: stage, done: 0, total: 0) }
        }
        let made: GuestImage
        do throws(GuestImageError) {
            switch image {
            case .mini: made = try MiniImage.make(.cloud, progress: show)
            case .miniGeneric: made = try MiniImage.make(.generic, progress: show)
            case .debian: made = try DebianImage.make(byteCount: size.byteCount, progress: show)
            }
        } catch {
            line.finish()
            throw CommandError(error.description)
        }
        line.finish()
        Standard.output.write("\(made.name): \(made.release), \(Readable.size(made.byteCount)) in \(made.folder)\n")
    }
}

struct ListImages: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List the images that are made.")

    @Flag(help: "Print JSON.") var json = false

    private struct Entry: Codable {
        var name: String
        var release: String
        var byteCount: UInt64
        /// Seconds since 1970.
        var made: Int
        var folder: String
        var disk: String?
        var packages: [String]
    }

    func run() throws {
        let images = ImageCache.standard.images()
        if json {
            return try Standard.output.writeJSON(
                images.map {
                    Entry(
                        name: $0.name, release: $0.release, byteCount: $0.byteCount, made: $0.made, folder: $0.folder,
                        disk: $0.disk, packages: $0.packages)
                })
        }
        if images.isEmpty {
            Standard.error.write("No image is made; rookery vm image make mini makes one.\n")
            return
        }
        var table = Table([
            .init("IMAGE", rigid: true), .init("KERNEL"), .init("SIZE", .right), .init("AGE", .right), .init("FOLDER"),
        ])
        let now = time(nil)
        for image in images {
            table.add(
                image.name, image.release, Readable.size(image.byteCount), Readable.age(Double(now - image.made)),
                image.folder)
        }
        table.write()
    }
}

struct RemoveImage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove images; machines that run from them run on.")

    @Argument(help: "The images.") var names: [String] = []
    @Flag(help: "All images, and the packages that they are made from.") var all = false

    func validate() throws {
        if all != names.isEmpty { throw ValidationError("name the images, or say --all") }
    }

    func run() throws {
        let cache = ImageCache.standard
        let images =
            try all
            ? cache.images()
            : names.map { (name: String) throws(CommandError) in
                guard let image = cache.image(named: name) else {
                    throw CommandError("no image '\(name)'", remedy: "rookery vm image ls lists the images")
                }
                return image
            }
        do throws(GuestImageError) {
            for image in images { try cache.remove(image) }
        } catch {
            throw CommandError(error.description)
        }
        if all { cache.removePackages() }
    }
}
