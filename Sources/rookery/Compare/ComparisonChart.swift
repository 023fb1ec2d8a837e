/// A comparison as an SVG picture: for each work the time of an operation and the exits, both on logarithmic scales, in
/// times of the process's where there is one. It brings its own background and follows the viewer's light or dark scheme.
struct ComparisonChart {
    private static let rowHeight = 62.0
    private static let barHeight = 14.0
    private static let top = 96.0
    private static let panelWidth = 300.0
    private static let labelWidth = 168.0
    /// Room for a bar's number beyond its end.
    private static let numberWidth = 74.0
    private static let gap = 28.0

    private let report: ComparisonReport

    init(_ report: ComparisonReport) { self.report = report }

    private struct Scale {
        /// Powers of ten.
        var low: Int
        var high: Int

        /// Of the values above 0; a decade at least.
        init(_ values: [Double]) {
            let positive = values.filter { $0 > 0 }
            low = (positive.min() ?? 1).decade
            high = (positive.max() ?? 1).decade + 1
        }

        /// 0…1; what is below the scale is at its start.
        func place(_ value: Double) -> Double {
            guard value > 0 else { return 0 }
            return min(1, max(0, (value.logarithm - Double(low)) / Double(high - low)))
        }
    }

    var svg: String {
        let works = report.works
        let height = Self.top + Double(works.count) * Self.rowHeight + 34
        let panel = Self.panelWidth + Self.numberWidth
        let width = Self.labelWidth + 2 * panel + Self.gap + 16
        let timesX = Self.labelWidth
        let exitsX = Self.labelWidth + panel + Self.gap
        let relative = report.series.compactMap(relativeTime)
        let times = Scale(relative)
        let exits = Scale(report.series.compactMap(\.exits).filter { $0 >= ComparisonText.leastExits })
        var body = ""
        body += text(16, 30, "The same work in a process, a para and a full virtual machine", "title")
        var under = report.cpu.map { $0 == "kvm" ? "KVM" : "processor in software" } ?? ""
        if let kernel = report.kernel { under += under.isEmpty ? "Linux \(kernel)" : ", Linux \(kernel)" }
        body += text(16, 50, under, "note")
        var legend = 16.0
        for kind in ComparedKind.allCases where report.series.contains(where: { $0.kind == kind }) {
            body += rectangle(legend, 62, 12, 12, kind.rawValue)
            body += text(legend + 17, 72, kind.rawValue, "note")
            legend += 80
        }
        let hasProcess = report.series.contains { $0.kind == .process }
        body += text(timesX, 90, hasProcess ? "time of an operation, in times of the process's" : "seconds", "head")
        body += text(exitsX, 90, "exits to devices for an operation", "head")
        let bottom = Self.top + Double(works.count) * Self.rowHeight
        body += axis(timesX, bottom, times) + axis(exitsX, bottom, exits)
        for (row, work) in works.enumerated() {
            let y = Self.top + Double(row) * Self.rowHeight + 8
            body += text(16, y + 26, work.title, "label")
            for (place, kind) in ComparedKind.allCases.enumerated() {
                guard let series = report.series(work, kind) else { continue }
                let barY = y + Double(place) * (Self.barHeight + 2)
                if let value = relativeTime(series) {
                    let length = max(2, times.place(value) * Self.panelWidth)
                    body += rectangle(timesX, barY, length, Self.barHeight, kind.rawValue)
                    body += text(
                        timesX + length + 5, barY + 11,
                        ComparisonText.quantity(work, seconds: series.seconds), "number")
                }
                if let count = series.exits {
                    let length = count >= ComparisonText.leastExits ? max(2, exits.place(count) * Self.panelWidth) : 0
                    if length > 0 { body += rectangle(exitsX, barY, length, Self.barHeight, kind.rawValue) }
                    body += text(exitsX + length + 5, barY + 11, ComparisonText.exits(count), "number")
                }
            }
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(width)) \(number(height))" \
            width="\(number(width))" height="\(number(height))" font-family="sans-serif" font-size="12">
            <style>
            .ground{fill:#fff}.title{font-size:16px;font-weight:600}.note,.number{fill:#555}.head{font-weight:600}
            text{fill:#222}.grid{stroke:#ddd}.process{fill:#8a8f98}.para{fill:#2a78d6}.full{fill:#d9822b}
            @media(prefers-color-scheme:dark){.ground{fill:#16181d}text{fill:#e6e6e6}.note,.number{fill:#aaa}\
            .grid{stroke:#363a42}}
            </style>
            <rect class="ground" width="100%" height="100%"/>
            \(body)</svg>

            """
    }

    /// In times of the process's, where there is one; otherwise seconds.
    private func relativeTime(_ series: WorkSeries) -> Double? {
        if let process = report.series(series.work, .process) {
            return process.seconds > 0 ? series.seconds / process.seconds : nil
        }
        return report.series.contains { $0.kind == .process } ? nil : series.seconds
    }

    private func axis(_ x: Double, _ bottom: Double, _ scale: Scale) -> String {
        var text = ""
        for power in scale.low...scale.high {
            let place = x + Self.panelWidth * Double(power - scale.low) / Double(scale.high - scale.low)
            text += "<line class=\"grid\" x1=\"\(number(place))\" y1=\"\(number(Self.top))\" "
            text += "x2=\"\(number(place))\" y2=\"\(number(bottom))\"/>\n"
            var value = 1.0
            for _ in 0..<abs(power) { value *= power > 0 ? 10 : 0.1 }
            text += self.text(place, bottom + 16, Self.power(value), "number", anchor: "middle")
        }
        return text
    }

    private static func power(_ value: Double) -> String {
        if value >= 1e6 { return decimal(value / 1e6, 0) + "M" }
        if value >= 1e3 { return decimal(value / 1e3, 0) + "k" }
        var text = decimal(value, 9)
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    private func number(_ value: Double) -> String { decimal(value, 1) }

    private func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ kind: String) -> String {
        "<rect class=\"\(kind)\" x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" "
            + "height=\"\(number(height))\" rx=\"2\"/>\n"
    }

    private func text(_ x: Double, _ y: Double, _ words: String, _ kind: String, anchor: String = "start") -> String {
        var escaped = ""
        for character in words {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.append(character)
            }
        }
        return
            "<text class=\"\(kind)\" x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\">\(escaped)</text>\n"
    }
}
