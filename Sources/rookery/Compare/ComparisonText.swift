/// A comparison for people: a table, and a sentence for each row that says what it shows.
struct ComparisonText {
    private let report: ComparisonReport
    private let kinds: [ComparedKind]

    init(_ report: ComparisonReport) {
        self.report = report
        kinds = ComparedKind.allCases.filter { kind in
            report.series.contains { $0.kind == kind } || report.gaps.contains { $0.kind == kind }
        }
    }

    func text(colored: Bool = false) -> String {
        var text = ""
        if let cpu = report.cpu {
            let runs = cpu == "kvm" ? "KVM" : "our own processor in software"
            text += "Machines run on \(runs)" + (report.kernel.map { ", with Linux \($0)" } ?? "") + ".\n\n"
        }
        text += table(colored: colored)
        let sentences = ComparisonFindings(report).sentences
        if !sentences.isEmpty { text += "\n" + sentences.map { Self.wrapped($0) }.joined() }
        for gap in report.gaps {
            text += Self.wrapped("\(gap.kind.rawValue), \(gap.work.title): not measured: \(gap.reason)")
        }
        return text
    }

    private func table(colored: Bool) -> String {
        let machines = kinds.filter { $0.virtualization != nil }
        var columns = [Table.Column("work", rigid: true)]
        columns += kinds.map { Table.Column($0.rawValue, .right, rigid: true) }
        columns += machines.enumerated().map { place, kind in
            Table.Column(place == 0 ? "exits \(kind.rawValue)" : kind.rawValue, .right, rigid: true)
        }
        var table = Table(columns)
        for work in report.works {
            var cells = [Table.Cell(text: work.title, style: .plain)]
            for kind in kinds {
                cells.append(.init(text: report.series(work, kind).map(Self.value) ?? "–", style: .plain))
            }
            for kind in machines {
                let exits = report.series(work, kind)?.exits
                cells.append(.init(text: exits.map(Self.exits) ?? "–", style: .plain))
            }
            table.add(cells)
        }
        return table.text(width: 80, colored: colored)
    }

    /// What a row shows of a series: the time of an operation, or the rate where that is what people ask for.
    static func value(_ series: WorkSeries) -> String {
        let spread = series.samples.count > 1 ? "±\(decimal(series.spread * 100, 0))%" : ""
        return quantity(series.work, seconds: series.seconds) + spread
    }

    static func quantity(_ work: ComparedWork, seconds: Double) -> String {
        switch work {
        case .boot, .compute, .calls, .disk, .trips: time(seconds)
        case .datagrams: Readable.count(UInt64(max(0, 1 / seconds))) + "/s"
        case .send, .receive: Readable.rate(UInt64(max(0, Double(8 << 20) / seconds)))
        }
    }

    /// Three digits: `4.55ns`, `12.3us`, `6.1s`.
    static func time(_ seconds: Double) -> String {
        let units = [(1e-9, "ns"), (1e-6, "us"), (1e-3, "ms"), (1, "s")]
        let unit = units.last { seconds >= $0.0 * 0.9995 } ?? units[0]
        return Readable.short(seconds / unit.0) + unit.1
    }

    /// Fewer exits than this for an operation are the machine's own, and not the operation's.
    static let leastExits = 0.0001

    /// Exits of an operation: `0.0021`, `2.01`, `5130`.
    static func exits(_ exits: Double) -> String {
        if exits < leastExits { return "0" }
        return exits < 0.01 ? decimal(exits, 4) : Readable.short(exits)
    }

    /// A paragraph of 78 columns at most, its lines after the first indented.
    static func wrapped(_ paragraph: String) -> String {
        var text = ""
        var line = ""
        for word in paragraph.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > 78 {
                text += line + "\n"
                line = "  " + word
            } else {
                line += line.isEmpty ? "\(word)" : " \(word)"
            }
        }
        return text + line + "\n"
    }
}
