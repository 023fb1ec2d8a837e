/// One change to a column's value in a "mutate" (RFC 7047 section 5.1, `<mutation>`).
struct Mutation {
    enum Mutator: String {
        case add = "+="
        case subtract = "-="
        case multiply = "*="
        case divide = "/="
        case remainder = "%="
        case insert, delete
    }

    let column: Int
    let mutator: Mutator
    let argument: Datum
    private let type: ColumnType

    init(_ json: JSONValue, table: TableSchema, names: RowNames?) throws(OVSDBError) {
        guard let parts = json.array, parts.count == 3, let name = parts[0].string, let text = parts[1].string else {
            throw .syntax(json, "Parse error in mutation.")
        }
        column = try table.column(name, in: json)
        type = table.columns[column].type
        guard table.columns[column].isMutable else {
            throw .syntax(
                json, "Cannot mutate immutable column \(name) in table \(table.name).", tag: "constraint violation")
        }
        guard let mutator = Mutator(rawValue: text) else {
            throw OVSDBError(tag: "unknown mutator", details: "No mutator named \(text).")
        }
        self.mutator = mutator
        let mismatch = OVSDBError.syntax(
            json, "Type mismatch: \"\(text)\" operator may not be applied to column \(name) of type \(type.english).")
        switch mutator {
        case .insert, .delete:
            guard type.isSet || type.isMap else { throw mismatch }
            var relaxed = type
            relaxed.minimum = 0
            if mutator == .delete { relaxed.maximum = ColumnType.unlimited }
            do throws(OVSDBError) {
                argument = try Datum(parts[2], type: relaxed, names: names)
            } catch {
                // Pairs of a map may be deleted by their keys alone.
                guard mutator == .delete, type.isMap else { throw error }
                relaxed.value = nil
                argument = try Datum(parts[2], type: relaxed, names: names)
            }
        default:
            let isNumber = type.key.type == .integer || type.key.type == .real
            guard !type.isMap, isNumber, mutator != .remainder || type.key.type == .integer else { throw mismatch }
            argument = try Datum(parts[2], type: ColumnType(key: BaseType(type.key.type)), names: names)
        }
    }

    func apply(to value: inout Datum) throws(OVSDBError) {
        switch mutator {
        case .insert: value.formUnion(argument)
        case .delete: value.subtract(argument)
        default:
            var keys: [Atom] = []
            for key in value.keys { keys.append(try calculate(key)) }
            for key in keys { try type.key.check(key) }
            do throws(OVSDBError) {
                value = try Datum(unsortedKeys: keys, values: [])
            } catch {
                throw .constraint("Result of \"\(mutator.rawValue)\" operation contains duplicates.")
            }
            return
        }
        guard value.count >= type.minimum, value.count <= type.maximum else {
            throw .constraint("Attempted to store \(value.count) elements in \(type.english).")
        }
    }

    private func calculate(_ key: Atom) throws(OVSDBError) -> Atom {
        switch (key, argument.keys[0]) {
        case (.integer(let a), .integer(let b)):
            if b == 0, mutator == .divide || mutator == .remainder {
                throw OVSDBError(tag: "domain error", details: "Division by zero.")
            }
            let (result, overflow) =
                switch mutator {
                case .add: a.addingReportingOverflow(b)
                case .subtract: a.subtractingReportingOverflow(b)
                case .multiply: a.multipliedReportingOverflow(by: b)
                case .divide: a.dividedReportingOverflow(by: b)
                // The remainder of the smallest number by -1 is 0 although its quotient overflows.
                default: (b == -1 ? 0 : a % b, false)
                }
            if overflow { throw outOfRange }
            return .integer(result)
        case (.real(let a), .real(let b)):
            if b == 0, mutator == .divide { throw OVSDBError(tag: "domain error", details: "Division by zero.") }
            let result =
                switch mutator {
                case .add: a + b
                case .subtract: a - b
                case .multiply: a * b
                default: a / b
                }
            guard result.isFinite else { throw outOfRange }
            return .real(result)
        default:
            preconditionFailure("the argument was read as the column's type")
        }
    }

    private var outOfRange: OVSDBError {
        OVSDBError(tag: "range error", details: "Result of \"\(mutator.rawValue)\" operation is out of range.")
    }
}
