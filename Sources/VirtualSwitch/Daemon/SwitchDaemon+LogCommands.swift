import Linux

// `vlog/…`: who says how much, and where.

extension SwitchDaemon {
    func addLogCommands(_ commands: ControlCommands) {
        commands.add("vlog/list") { [unowned self] _ in
            var text = "                 console    syslog    file\n                 -------    ------    ------\n"
            for module in SwitchLog.modules {
                let levels = SwitchLog.Destination.allCases.map { log.level(module, $0).name.right(4) }
                text += "\(module.left(16))  \(levels[0])       \(levels[1])       \(levels[2])\n"
            }
            return .text(text)
        }
        commands.add("vlog/set", usage: "{spec | PATTERN:destination:pattern}", arguments: 1...Int.max) {
            [unowned self] words in setLevels(words)
        }
        commands.add("vlog/reopen") { [unowned self] _ in
            do throws(SystemError) {
                try log.reopen()
                return .text("")
            } catch {
                return .failure("\(error)")
            }
        }
        commands.add("vlog/close") { [unowned self] _ in
            log.close()
            return .text("")
        }
        commands.add("vlog/list-pattern") { _ in
            .text(
                """
                         prefix                            format
                         ------                            ------
                SYSLOG   none                              none
                CONSOLE  none                              \(SwitchLog.pattern)
                FILE     none                              \(SwitchLog.pattern)
                """)
        }
        for name in ["vlog/enable-rate-limit", "vlog/disable-rate-limit"] {
            // Nothing here is said more than once: there is no rate to limit.
            commands.add(name, usage: "[module]...", arguments: 0...Int.max) { _ in .text("") }
        }
    }

    /// `vlog/set` with words such as `dbg`, `bridge:info`, `ANY:file:dbg`.
    private func setLevels(_ words: [String]) -> ControlCommands.Answer {
        for word in words {
            if word.hasPrefix("PATTERN:") { return .failure("the log's pattern cannot be changed") }
            if word.hasPrefix("FACILITY:") { return .failure("nothing goes to syslog") }
            var modules = SwitchLog.modules
            var destinations = SwitchLog.Destination.allCases
            var level = SwitchLog.Level.debug
            for part in word.split(whereSeparator: { $0 == ":" || $0 == "," || $0 == " " }) {
                if let known = SwitchLog.Level(named: part) {
                    level = known
                } else if let known = SwitchLog.Destination(rawValue: part.lowercased()) {
                    destinations = [known]
                } else if SwitchLog.modules.contains(String(part)) {
                    modules = [String(part)]
                } else if part.uppercased() != "ANY" {
                    return .failure("no destination, level, or module \"\(part)\"")
                }
            }
            for module in modules {
                for destination in destinations { log.setLevel(level, module, destination) }
            }
        }
        return .text("")
    }
}
