// The configuration as text: one `key=value` a line, in any order; lists repeat their key; fields of an item are separated
// by tabs. Values are UTF-8 with `\n`, `\t` and `\\` escaped. Small enough that the monitor needs no library to read it.
extension VMConfiguration {
    /// Why a text is no configuration.
    public struct TextError: Error, Equatable, Sendable, CustomStringConvertible {
        public let description: String
        init(_ description: String) { self.description = description }
    }

    public var text: String {
        var lines: [String] = []
        func add(_ key: String, _ fields: String...) {
            lines.append(key + "=" + fields.map(Self.escape).joined(separator: "\t"))
        }
        add("name", name)
        add("memory", String(memory))
        add("processors", String(processors))
        add("virtualization", virtualization.rawValue)
        add("transport", transport.rawValue)
        add("cpu", cpu.rawValue)
        if let kernel { add("kernel", kernel) }
        if let initialRAMDisk { add("initrd", initialRAMDisk) }
        if !commandLine.isEmpty { add("append", commandLine) }
        add("entry", kernelEntry.rawValue)
        if let firmware { add("firmware", firmware) }
        for disk in disks {
            add("disk", disk.path, disk.format.rawValue, disk.interface.rawValue, disk.isReadOnly ? "ro" : "rw")
        }
        for port in ports {
            let backend =
                switch port.backend {
                case .descriptor(let number): "fd:\(number)"
                case .vhostUser(let path): "vhost-user:\(path)"
                case .none: "none"
                }
            add(
                "port", String(port.address, radix: 16), backend, port.interface.rawValue, String(port.queuePairs))
        }
        for directory in directories {
            add("share", directory.tag, directory.path, directory.isReadOnly ? "ro" : "rw")
        }
        if let vsock { add("vsock", String(vsock)) }
        add("balloon", hasBalloon ? "yes" : "no")
        add("reboot", restarts ? "yes" : "no")
        if let runDirectory { add("run", runDirectory) }
        add("isolation", isIsolated ? "yes" : "no")
        return lines.map { $0 + "\n" }.joined()
    }

    /// Reads what `text` has written.
    /// - Throws: which line is wrong, and how.
    public init(text: String) throws(TextError) {
        self.init(name: "")
        // By bytes: to Swift's characters, a line feed may be a part of what stands before it.
        for line in text.utf8.split(separator: UInt8(ascii: "\n")).map({ Substring($0) }) {
            guard let equals = line.utf8.firstIndex(of: UInt8(ascii: "=")) else {
                throw TextError("'\(line)' is not key=value")
            }
            let key = line[..<equals]
            let fields = line[line.utf8.index(after: equals)...].utf8
                .split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
                .map { Self.unescape(Substring($0)) }
            try set(String(key), fields)
        }
        if name.isEmpty { throw TextError("the machine has no name") }
    }

    private mutating func set(_ key: String, _ fields: [String]) throws(TextError) {
        func field(_ index: Int) throws(TextError) -> String {
            guard index < fields.count else { throw TextError("\(key): field \(index + 1) is missing") }
            return fields[index]
        }
        func number<T: FixedWidthInteger>(_ index: Int, radix: Int = 10) throws(TextError) -> T {
            guard let value = T(try field(index), radix: radix) else {
                throw TextError("\(key): '\(try field(index))' is no number")
            }
            return value
        }
        func choice<T: RawRepresentable & CaseIterable>(_ index: Int) throws(TextError) -> T
        where T.RawValue == String {
            guard let value = T(rawValue: try field(index)) else {
                let known = T.allCases.map(\.rawValue).joined(separator: ", ")
                throw TextError("\(key): '\(try field(index))' is none of \(known)")
            }
            return value
        }
        switch key {
        case "name": name = try field(0)
        case "memory": memory = try number(0)
        case "processors": processors = try number(0)
        case "virtualization": virtualization = try choice(0)
        case "transport": transport = try choice(0)
        case "cpu": cpu = try choice(0)
        case "kernel": kernel = try field(0)
        case "initrd": initialRAMDisk = try field(0)
        case "append": commandLine = try field(0)
        case "entry": kernelEntry = try choice(0)
        case "firmware": firmware = try field(0)
        case "disk":
            disks.append(
                Disk(
                    path: try field(0), format: try choice(1), interface: try choice(2),
                    isReadOnly: try field(3) == "ro"))
        case "port":
            ports.append(
                Port(
                    address: try number(0, radix: 16), backend: try Self.backend(try field(1)),
                    interface: try choice(2),
                    queuePairs: try number(3)))
        case "share":
            directories.append(SharedDirectory(tag: try field(0), path: try field(1), isReadOnly: try field(2) == "ro"))
        case "vsock": vsock = try number(0) as UInt32
        case "balloon": hasBalloon = try field(0) == "yes"
        case "reboot": restarts = try field(0) == "yes"
        case "run": runDirectory = try field(0)
        case "isolation": isIsolated = try field(0) == "yes"
        default: throw TextError("'\(key)' is no key of a machine's configuration")
        }
    }

    private static func backend(_ text: String) throws(TextError) -> Port.Backend {
        if text == "none" { return .none }
        if text.hasPrefix("fd:"), let number = Int32(text.dropFirst(3)) { return .descriptor(number) }
        if text.hasPrefix("vhost-user:") { return .vhostUser(path: String(text.dropFirst(11))) }
        throw TextError("port: '\(text)' is no network back end")
    }

    private static func escape(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    private static func unescape(_ text: Substring) -> String {
        var result = ""
        var isEscaped = false
        for character in text.unicodeScalars {
            if isEscaped {
                switch character {
                case "n": result += "\n"
                case "t": result += "\t"
                default: result.unicodeScalars.append(character)
                }
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
