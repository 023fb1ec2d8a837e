extension LearnedFlow {
    func write(to out: inout String, _ names: FlowNames) {
        out += "learn(table="
        names.write(table: table, to: &out)
        if idleTimeout != 0 { out += ",idle_timeout=\(idleTimeout)" }
        if hardTimeout != 0 { out += ",hard_timeout=\(hardTimeout)" }
        if finIdleTimeout != 0 { out += ",fin_idle_timeout=\(finIdleTimeout)" }
        if finHardTimeout != 0 { out += ",fin_hard_timeout=\(finHardTimeout)" }
        if priority != 32768 { out += ",priority=\(priority)" }
        if sendFlowRemoved { out += ",send_flow_rem" }
        if deleteLearned { out += ",delete_learned" }
        if cookie != 0 { out += ",cookie=\(FieldText.plainHexadecimal(cookie))" }
        if limit != 0 { out += ",limit=\(limit)" }
        if let resultBit { out += ",result_dst=\(resultBit)" }
        for specification in specifications {
            out += ","
            Self.write(specification, to: &out, names)
        }
        out += ")"
    }

    private static func write(_ specification: Specification, to out: inout String, _ names: FlowNames) {
        switch specification {
        case .match(.immediate(let value, _), let target):
            if target.start == 0, target.count == Subfield.fullWidth(target.field) {
                let whole = FieldValue.ones(target.field.width)
                // A port of OpenFlow 1.0.
                let isReserved = target.field == .inPort && value.low >= 0xff00
                let value = isReserved ? FieldValue(value.low | 0xffff_0000) : value
                out += "\(target.field.setName)=\(FieldText.formatSetting(target.field, value, whole, names))"
            } else {
                out += "\(target)=\(FieldText.plainHexadecimal(value))"
            }
        case .match(.field(let source), let target):
            out += target.description
            if source.field != target.field || source.start != target.start { out += "=\(source)" }
        case .load(.immediate(let value, _), let target): out += "load:\(FieldText.plainHexadecimal(value))->\(target)"
        case .load(.field(let source), let target): out += "load:\(source)->\(target)"
        case .output(let bits): out += "output:\(bits)"
        }
    }

    /// Reads what stands in the parentheses of `learn`.
    init(parsing text: Substring, _ names: FlowNames) throws(ActionSyntaxError) {
        self.init(table: 1)
        var items = KeyValueScanner(text)
        while let (name, value) = items.next() {
            switch name {
            case "table":
                guard let table = names.table(value), table != 255 else {
                    throw ActionSyntaxError("learn: there is no table “\(value)”")
                }
                self.table = table
            case "priority": priority = try value.number("priority")
            case "idle_timeout": idleTimeout = try value.number("idle_timeout")
            case "hard_timeout": hardTimeout = try value.number("hard_timeout")
            case "fin_idle_timeout": finIdleTimeout = try value.number("fin_idle_timeout")
            case "fin_hard_timeout": finHardTimeout = try value.number("fin_hard_timeout")
            case "cookie": cookie = try value.number("cookie")
            case "send_flow_rem": sendFlowRemoved = true
            case "delete_learned": deleteLearned = true
            case "limit": limit = try value.number("limit")
            case "result_dst":
                let bit = try Subfield.writable(value)
                guard bit.count == 1 else { throw ActionSyntaxError("learn: result_dst is a single bit") }
                resultBit = bit
            case "load": specifications.append(try Self.load(value))
            case "output": specifications.append(.output(try Subfield(parsing: value)))
            default: specifications.append(try Self.match(name, value, names))
            }
        }
    }

    private static func load(_ text: Substring) throws(ActionSyntaxError) -> Specification {
        guard let (before, behind) = text.splitAtArrow(), !before.isEmpty else {
            throw ActionSyntaxError("learn: load takes VALUE->FIELD[BITS] or FIELD[BITS]->FIELD[BITS]")
        }
        let target = try Subfield.writable(behind)
        if let value = FieldValue(fieldText: String(before)) {
            guard (value & ~FieldValue.ones(target.count)).isZero else {
                throw ActionSyntaxError("learn: \(before) does not fit into the \(target.count) bits of \(target)")
            }
            return .load(.immediate(value, count: target.count), to: target)
        }
        let source = try Subfield(parsing: before)
        guard source.count == target.count else {
            throw ActionSyntaxError("learn: \(source) and \(target) are not of one width")
        }
        return .load(.field(source), to: target)
    }

    private static func match(
        _ name: Substring, _ text: Substring, _ names: FlowNames
    ) throws(ActionSyntaxError) -> Specification {
        let target = try Subfield(parsing: name)
        guard !text.isEmpty else { return .match(.field(target), to: target) }
        if let source = try? Subfield(parsing: text) {
            guard source.count == target.count else {
                throw ActionSyntaxError("learn: \(source) and \(target) are not of one width")
            }
            return .match(.field(source), to: target)
        }
        var value: FieldValue?
        if target.start == 0, target.count == Subfield.fullWidth(target.field) {
            let answer = try? FieldText.parse(target.field, String(name), String(text), names.portNumber)
            if let answer, answer.1 == .ones(target.field.width) {
                value = target.field == .inPort ? answer.0 & .ones(16) : answer.0
            }
        } else {
            value = FieldValue(fieldText: String(text))
        }
        guard let value, (value & ~FieldValue.ones(target.count)).isZero else {
            throw ActionSyntaxError("learn: “\(text)” is neither a field nor a value for \(target)")
        }
        return .match(.immediate(value, count: target.count), to: target)
    }
}
