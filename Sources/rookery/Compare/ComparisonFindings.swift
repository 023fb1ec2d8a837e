/// What a comparison's numbers say: a sentence a row, and where the textbook is not borne out, that.
struct ComparisonFindings {
    private let report: ComparisonReport

    init(_ report: ComparisonReport) { self.report = report }

    var sentences: [String] {
        var sentences = report.works.compactMap(sentence)
        if let verdict { sentences.append(verdict) }
        return sentences
    }

    /// The works that reach devices, and of which both machines have numbers.
    private var deviceWorks: [(work: ComparedWork, para: WorkSeries, full: WorkSeries)] {
        report.works.filter(\.usesDevice).compactMap { work in
            guard let para = report.series(work, .para), let full = report.series(work, .full) else { return nil }
            return (work, para, full)
        }
    }

    /// Works in which para does not win: neither by time nor by exits may it be behind.
    /// What differs by less than the samples do among themselves is no difference.
    var lostByPara: [ComparedWork] {
        deviceWorks.filter { work, para, full in
            let noise = 1 + max(para.spread, full.spread)
            return para.seconds > full.seconds * noise || (para.exits ?? 0) > (full.exits ?? 0)
        }.map(\.work)
    }

    private var verdict: String? {
        let works = deviceWorks
        if works.isEmpty { return nil }
        let lost = lostByPara
        if lost.isEmpty {
            return works.count == 1
                ? "Para wins." : "Para wins on all \(works.count) works that reach devices."
        }
        let names = lost.map(\.title).joined(separator: ", ")
        return "Para does not win on \(lost.count) of \(works.count) works that reach devices: \(names)."
    }

    private func sentence(_ work: ComparedWork) -> String? {
        let process = report.series(work, .process)
        let para = report.series(work, .para)
        let full = report.series(work, .full)
        guard let machine = para ?? full else { return nil }
        var parts: [String] = []
        if !work.usesDevice {
            parts.append(inner(work, process, [para, full].compactMap { $0 }))
        } else {
            if let para, let full { parts.append(between(work, para, full)) }
            for series in [para, full].compactMap({ $0 }) {
                if let words = busiest(series) { parts.append(words) }
            }
            for series in [process, para, full].compactMap({ $0 }) {
                if let share = series.delivered, share < 0.9 {
                    parts.append("\(decimal(share * 100, 0)) % of what \(name(series)) sent arrived")
                }
            }
            if let process, work != .boot {
                parts.append(
                    "a process is \(Self.times(machine.seconds / process.seconds)) as fast as \(name(machine))")
            }
        }
        if parts.isEmpty { return nil }
        return "\(work.title): " + parts.joined(separator: "; ") + "."
    }

    private func name(_ series: WorkSeries) -> String { series.kind.rawValue }

    /// A work that stays in the guest.
    private func inner(_ work: ComparedWork, _ process: WorkSeries?, _ machines: [WorkSeries]) -> String {
        let most = machines.compactMap(\.exits).max() ?? 0
        // Some exits come of themselves, with the guest's timer.
        var text =
            most < 0.01
            ? "it stays in the guest, no device has a part in it"
            : "the guest is left \(ComparisonText.exits(most)) times a \(work.operation) for devices"
        if machines.count == 2 {
            let ratio = machines[1].seconds / machines[0].seconds
            let noise = 1.05 + max(machines[0].spread, machines[1].spread)
            text +=
                ratio < noise && ratio > 1 / noise
                ? ", and both machines are equally fast"
                : ", yet full takes \(Self.times(ratio)) para's time"
        }
        if let process {
            let times = Self.times(machines[0].seconds / process.seconds)
            text += "; \(times) the process's time is what the processor costs"
        }
        return text
    }

    private func between(_ work: ComparedWork, _ para: WorkSeries, _ full: WorkSeries) -> String {
        let time = full.seconds / para.seconds
        var text =
            time >= 1
            ? "para is \(Self.times(time)) as fast as full" : "full is \(Self.times(1 / time)) as fast as para"
        if let few = para.exits, let many = full.exits {
            text += ", with \(ComparisonText.exits(few)) exits a \(work.operation)"
            text += " against \(ComparisonText.exits(many))"
        }
        if let few = para.deviceInterrupts, let many = full.deviceInterrupts {
            text += " and \(ComparisonText.exits(few)) interrupts against \(ComparisonText.exits(many))"
        }
        return text
    }

    /// Which device a machine is left for.
    private func busiest(_ series: WorkSeries) -> String? {
        guard let busiest = series.busiestDevice, (series.exits ?? 0) >= 0.01 else { return nil }
        return "\(decimal(busiest.share * 100, 0)) % of \(series.kind.rawValue)'s are for \(busiest.name)"
    }

    /// `1.2 times`.
    private static func times(_ ratio: Double) -> String { Readable.short(ratio) + " times" }
}
