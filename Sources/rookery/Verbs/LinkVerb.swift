import ArgumentParser
import Lab
import Switch
import Topology

struct LinkVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link", abstract: "Change links while they run, or show them.",
        discussion: """
            A link is named by its two nodes, by one of its ends, or by both ends where two
            nodes have several links: h1:s1, h1:eth0, h1:eth0-s1:eth2.
              rookery link set h1:s1 delay=20ms loss=1%
              rookery link set h1:s1 forward.rate=10mbit queue=100p
              rookery link down h1:s1
              rookery link show
            """,
        subcommands: [Set.self, Up.self, Down.self, Show.self], defaultSubcommand: Show.self)

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Change what a link does to packets; the rest stays as it is.",
            discussion: """
                Settings: rate=10mbit delay=20ms jitter=2ms,normal loss=1% duplicate=1%
                corrupt=0.1% reorder=1% mtu=1400 queue=100p aqm=codel up down ideal
                forward.… and reverse.… touch one direction.
                """)

        @OptionGroup var lab: LabOption
        @Argument(help: "The link.") var link: String
        @Argument(help: "Settings such as delay=20ms.") var settings: [String]

        func run() throws {
            let change: LinkChange
            do throws(TopologyError) { change = try LinkChange(arguments: settings) } catch {
                throw CommandError.usage("link set \(link): \(error.description)")
            }
            try lab.connect().request(.setLink(link: link, change: change))
        }
    }

    struct Up: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "up", abstract: "Switch a link on.")
        @OptionGroup var lab: LabOption
        @Argument(help: "The link.") var link: String
        func run() throws { try lab.connect().request(.setLink(link: link, change: LinkChange(up: true))) }
    }

    struct Down: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "down", abstract: "Switch a link off.")
        @OptionGroup var lab: LabOption
        @Argument(help: "The link.") var link: String
        func run() throws { try lab.connect().request(.setLink(link: link, change: LinkChange(up: false))) }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show links: what they are asked for and what went over them.")
        @OptionGroup var lab: LabOption
        @Argument(help: "Only the links of this node, or this end.") var end: String?
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            var reports = try lab.connect().fidelity()
            if let end {
                let prefix = end.contains(":") ? end : end + ":"
                reports = reports.filter { $0.from.hasPrefix(prefix) || $0.to.hasPrefix(prefix) }
                if reports.isEmpty {
                    throw CommandError("no link ends at \(end)", remedy: "rookery ps lists the nodes")
                }
            }
            if json { return try Standard.output.writeJSON(reports) }
            var table = Table([
                .init("FROM", rigid: true), .init("TO", rigid: true), .init("UP"), .init("PROFILE"),
                .init("PACKETS", .right), .init("BYTES", .right), .init("DROPS", .right),
            ])
            for report in reports {
                table.add(
                    report.from, report.to, report.isUp ? "yes" : "no", describe(report.profile),
                    Readable.count(report.traffic.packets), Readable.size(report.traffic.bytes),
                    Readable.count(report.statistics?.dropped ?? 0))
            }
            table.write()
        }
    }
}
