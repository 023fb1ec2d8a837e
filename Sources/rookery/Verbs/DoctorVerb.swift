import ArgumentParser

struct DoctorVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Show what this machine offers, what is missing, and how to mend it.",
        discussion: "The exit status is 1 only if labs cannot run here.")

    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let findings = MachineCheck.all()
        let canRun = !findings.contains { $0.grade == .missing }
        if json {
            try Standard.output.writeJSON(findings)
        } else {
            for finding in findings { Standard.output.write(Self.line(finding)) }
            let bad = findings.count { $0.grade == .missing }
            let lacking = findings.count { $0.grade == .lacking }
            Standard.output.write(
                canRun
                    ? "\nLabs can run here\(lacking > 0 ? "; \(lacking) things would be better" : "").\n"
                    : "\nLabs cannot run here: \(bad) thing\(bad == 1 ? " is" : "s are") missing.\n")
        }
        if !canRun { throw ProgramEnd(status: 1) }
    }

    static func line(_ finding: MachineCheck.Finding) -> String {
        let mark: (text: String, style: Style) =
            switch finding.grade {
            case .good: ("ok", .green)
            case .lacking: ("--", .yellow)
            case .missing: ("NO", .red)
            }
        let room = String(repeating: " ", count: max(1, 18 - finding.subject.count))
        var text = "\(mark.style(mark.text))  \(finding.subject)\(room)\(finding.found)\n"
        if let remedy = finding.remedy { text += "    " + String(repeating: " ", count: 18) + "-> \(remedy)\n" }
        return text
    }
}
