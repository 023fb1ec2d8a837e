import ArgumentParser
import Glibc
import Lab
import Linux

struct CaptureVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture", abstract: "Capture packets at an interface or a switch's port.",
        usage: "rookery capture [-n <lab>] <node:interface> [-w <file>] [-c <count>]",
        discussion: """
            Writes pcapng; without -w it prints one line per packet through tcpdump.
              rookery capture h1:eth0
              rookery capture s1:eth2 -w trace.pcapng -c 100
              rookery capture h1:eth0 -w - | wireshark -k -i -
            """)

    @OptionGroup var lab: LabOption
    @Argument(help: ArgumentHelp("Node and interface.", valueName: "node:interface")) var place: String
    @Option(name: [.customShort("w"), .customLong("write")], help: "The file to write; - for standard output.")
    var file: String?
    @Option(name: [.customShort("c"), .long], help: "Stop after this many packets.") var count: Int?
    @Option(name: [.customShort("s"), .customLong("snaplen")], help: "Bytes kept of each packet.") var length = 262_144

    func validate() throws {
        if let count, count < 1 { throw ValidationError("-c takes a number from 1") }
        if length < 1 { throw ValidationError("-s takes a number from 1") }
        let parts = place.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count != 2 || parts.contains(where: \.isEmpty) {
            throw ValidationError("“\(place)” names no interface: write node:interface, such as h1:eth0")
        }
    }

    func run() throws {
        if file == "-", Standard.output.isTerminal {
            throw CommandError.usage(
                "capture -w - writes binary data to the terminal",
                remedy: "pipe it: rookery capture … -w - | wireshark -k -i -")
        }
        let client = try lab.connect()
        // Without the lab's consent no file is made and no tcpdump started.
        let (node, interface) = parts
        switch file {
        case "-": try capture(client, node, interface, into: 1)
        case let path?:
            let output = try File.open(path, O_WRONLY | O_CREAT | O_TRUNC)
            try capture(client, node, interface, into: output.rawValue)
        case nil: try print(client, node, interface)
        }
    }

    private var parts: (String, String) {
        let parts = place.split(separator: ":", maxSplits: 1).map(String.init)
        return (parts[0], parts[1])
    }

    private func capture(_ client: LabClient, _ node: String, _ interface: String, into descriptor: Int32) throws {
        let signals = try SignalDescriptor([SIGINT, SIGTERM, SIGHUP])
        try client.send(
            .capture(node: node, interface: interface, snapLength: length, count: count), descriptors: [descriptor])
        while true {
            var polled = [
                pollfd(fd: client.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.descriptor.rawValue, events: Int16(POLLIN), revents: 0),
            ]
            poll(&polled, 2, -1)
            if polled[0].revents != 0 {
                let (replies, isClosed) = try client.available()
                for reply in replies {
                    if case .failed(let reason) = reply { throw LabError(reason) }
                    if case .done = reply { return }
                }
                if isClosed { throw CommandError("the lab ended while packets were captured") }
            }
            // Closing the connection ends the capture.
            if polled[1].revents != 0 { return }
        }
    }

    /// Lets tcpdump say what the packets are.
    private func print(_ client: LabClient, _ node: String, _ interface: String) throws {
        let pipe = try Pipe()
        var spawn = Spawn("tcpdump", ["tcpdump", "-n", "-l", "-r", "-"])
        spawn.descriptors = [(pipe.readEnd.rawValue, 0)]
        let null = try File.open("/dev/null", O_WRONLY)
        // tcpdump greets on standard error, which would only repeat what was asked for.
        spawn.descriptors.append((null.rawValue, 2))
        let child: ChildProcess
        do throws(SpawnError) { child = try spawn.start() } catch {
            throw CommandError(
                "\(error)", remedy: "apt install tcpdump, or write a file: rookery capture \(place) -w FILE")
        }
        let ends = pipe.split { (readEnd, writeEnd) in (read: readEnd.release(), write: writeEnd.release()) }
        close(ends.read)
        let outcome = Result { try capture(client, node, interface, into: ends.write) }
        // tcpdump ends with its input, and prints what it has until then.
        close(ends.write)
        _ = try? child.wait()
        try outcome.get()
    }
}
