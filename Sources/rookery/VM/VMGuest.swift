import Board
import DiskImage
import Glibc
import GuestImages
import Linux
import VirtualMachine

/// A machine that is about to be started: its configuration, and files that only its start needs.
struct VMGuest {
    var configuration: VMConfiguration
    /// Removed once the machine runs: it has them open, or has read them.
    var passingFiles: [String] = []
    /// It is a mini guest: it says on its console when it is up.
    var isMini = false
    /// Commands can be run in it.
    var takesCommands = false

    /// - Parameter image: an image's name, a disk image's path, or nil for a kernel alone.
    init(_ options: VMGuestOptions, image: String?, progress: inout ProgressLine) throws {
        let stem = image.map { String($0.split(separator: "/").last ?? "vm") } ?? "vm"
        configuration = VMConfiguration(name: options.name ?? VMMachines.freeName(stem))
        configuration.processors = options.vcpus
        configuration.virtualization = options.virtualization
        configuration.transport = options.transport
        configuration.cpu = options.cpu
        configuration.isIsolated = !options.noIsolation
        configuration.restarts = !options.noReboot
        configuration.vsock = 3
        do {
            try take(options, image: image, progress: &progress)
        } catch {
            removePassingFiles()
            throw error
        }
    }

    private mutating func take(
        _ options: VMGuestOptions, image: String?, progress: inout ProgressLine
    ) throws {
        let cache = ImageCache.standard
        var words: [String] = []
        switch image {
        case "mini", "mini-generic":
            isMini = true
            try takeMini(options, generic: image == "mini-generic", cache, &words, &progress)
        case "debian":
            try takeDebian(options, cache, &words, &progress)
        case let path?:
            // As --disk takes it: words for its format and interface may follow.
            guard File.exists(path.split(separator: ",").first.map(String.init) ?? path) else {
                throw CommandError(
                    "no image '\(path)'", remedy: "mini, debian, or the path of a disk image (see rookery vm image ls)")
            }
            configuration.disks.append(try VMGuestOptions.parseDisk(path))
            configuration.memory = 512 << 20
            // A disk alone is started by its own boot loader.
            if options.virtualizationChoice == nil, options.kernel == nil, options.transport == .pci {
                configuration.virtualization = .full
            }
        case nil:
            guard options.kernel != nil else {
                throw CommandError.usage("no image and no kernel", remedy: "rookery vm run mini")
            }
        }
        if let memory = options.memory { configuration.memory = memory.byteCount }
        if let kernel = options.kernel { configuration.kernel = VMGuestOptions.absolute(kernel) }
        if let initrd = options.initrd { configuration.initialRAMDisk = VMGuestOptions.absolute(initrd) }
        for disk in options.disk { configuration.disks.append(try VMGuestOptions.parseDisk(disk)) }
        try addShares(options.share, &words)
        configuration.commandLine = (words + options.append).joined(separator: " ")
    }

    /// Removes what only the start needed.
    func removePassingFiles() {
        for path in passingFiles { try? File.remove(path) }
    }

    /// A place for files of this machine that may be large, on disk and not in /run.
    private func file(_ ending: String, _ cache: ImageCache) throws -> String {
        "\(try cache.machinesFolder())/\(configuration.name).\(ending)"
    }

    private mutating func takeMini(
        _ options: VMGuestOptions, generic: Bool, _ cache: ImageCache, _ words: inout [String],
        _ progress: inout ProgressLine
    ) throws {
        let flavor =
            generic
            ? .generic
            : MiniImage.flavor(
                hasRealChips: options.virtualization == .full, sharesDirectories: !options.share.isEmpty)
        var line = progress
        let image = try MiniImage.presentOrMade(flavor, in: cache) { step in
            if case .stage(let stage) = step { line.show(stage: stage, done: 0, total: 0) }
        }
        line.finish()
        takesCommands = image.takesCommands
        configuration.kernel = image.kernel
        configuration.initialRAMDisk = image.initialRAMDisk
        configuration.memory = flavor == .cloud ? 192 << 20 : 256 << 20
        words += [MiniImage.commandLine, "rookery.hostname=\(configuration.name)"]
        if let size = PseudoTerminal.windowSize(of: 1), size.columns > 0 {
            words.append("rookery.size=\(size.columns)x\(size.rows)")
        }
    }

    private mutating func takeDebian(
        _ options: VMGuestOptions, _ cache: ImageCache, _ words: inout [String], _ progress: inout ProgressLine
    ) throws {
        var image = cache.image(named: DebianImage.name)
        if image == nil {
            var line = progress
            image = try DebianImage.make(in: cache) { step in
                if case .stage(let stage) = step { line.show(stage: stage, done: 0, total: 0) }
            }
            line.finish()
        }
        guard let image, let base = image.disk else { throw CommandError("the image debian has no disk") }
        takesCommands = image.takesCommands
        configuration.memory = 512 << 20
        // Each machine writes to a disk of its own on the image.
        let path = try file("qcow2", cache)
        if !(options.keep && File.exists(path)) {
            try File.remove(path)
            try DiskOverlay.make(at: path, over: base)
        }
        if !options.keep { passingFiles.append(path) }
        configuration.disks.append(.init(path: path, format: .qcow2))
        if options.virtualization == .para {
            configuration.kernel = image.kernel
            configuration.initialRAMDisk = image.initialRAMDisk
            words += DebianImage.commandLine.split(separator: " ").map(String.init)
        }
    }

    private mutating func addShares(_ shares: [String], _ words: inout [String]) throws {
        for (number, share) in shares.enumerated() {
            var text = share[...]
            let isReadOnly = text.hasSuffix(":ro")
            if isReadOnly { text = text.dropLast(3) }
            var tag = "share\(number)"
            let host: String
            if let equals = text.firstIndex(of: "="), !text[..<equals].contains("/") {
                tag = String(text[..<equals])
                host = String(text[text.index(after: equals)...])
            } else if isMini, let colon = text.lastIndex(of: ":") {
                host = String(text[..<colon])
                let guest = text[text.index(after: colon)...]
                guard guest.hasPrefix("/"), !guest.contains(" ") else {
                    throw CommandError.usage("--share \(share): the guest's path starts with a slash, without spaces")
                }
                words.append("rookery.mount=\(tag):\(guest)\(isReadOnly ? ":ro" : "")")
            } else {
                throw CommandError.usage("--share \(share) is neither HOST:GUEST nor TAG=HOST")
            }
            guard File.exists(host) else { throw CommandError("no directory '\(host)' to share") }
            configuration.directories.append(
                .init(tag: tag, path: VMGuestOptions.absolute(host), isReadOnly: isReadOnly))
        }
    }
}
