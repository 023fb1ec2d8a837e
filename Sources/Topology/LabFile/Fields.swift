/// The entries of one map of a lab file, checked against its table of keys; collects what is wrong instead of stopping.
final class ProblemList {
    let file: String
    private(set) var problems: [TopologyError.Problem] = []
    private var seen: Set<String> = []
    private(set) var notes: [String] = []

    /// Problems beyond this number are not listed.
    static let limit = 100

    init(file: String) { self.file = file }

    func add(_ place: YAMLValue.Place?, _ what: String, _ remedy: String) {
        let problem = TopologyError.Problem(
            file: file, line: place?.line, column: place?.column, what: what, remedy: remedy)
        guard problems.count < Self.limit, seen.insert(problem.description).inserted else { return }
        problems.append(problem)
    }

    func add(_ place: YAMLValue.Place?, _ error: ValueError) { add(place, error.what, error.remedy) }

    func note(_ text: String) {
        if seen.insert(text).inserted { notes.append(text) }
    }

    /// Ordered by place.
    func raise() throws(TopologyError) {
        guard !problems.isEmpty else { return }
        throw TopologyError(
            problems.enumerated().sorted {
                ($0.element.line ?? 0, $0.element.column ?? 0, $0.offset)
                    < ($1.element.line ?? 0, $1.element.column ?? 0, $1.offset)
            }.map(\.element))
    }

    /// Runs a value parser, or notes what is wrong at the value's place.
    func attempt<Value>(_ value: YAMLValue, _ parse: (YAMLValue) throws(ValueError) -> Value) -> Value? {
        do { return try parse(value) } catch {
            add(value.place, error)
            return nil
        }
    }
}

struct Fields {
    typealias Entry = (key: String, place: YAMLValue.Place, value: YAMLValue)

    private(set) var entries: [Entry] = []
    let problems: ProblemList
    let place: YAMLValue.Place

    /// `value` may be nothing at all, which is an empty map.
    init(_ value: YAMLValue, _ keys: [LabFileKeys.Key], _ what: String, _ problems: ProblemList) {
        self.problems = problems
        place = value.place
        switch value.content {
        case .nothing: break
        case .map(let all):
            for entry in all {
                guard let key = keys.first(where: { $0.name == entry.key }) else {
                    problems.add(
                        entry.place, "\(what) has no key “\(entry.key.prefix(60))”",
                        nearestHint(entry.key, among: keys.filter { $0.ignored == nil }.map(\.name)))
                    continue
                }
                if let reason = key.ignored {
                    problems.note("\(key.name): of \(what) has no effect: \(reason)")
                } else {
                    entries.append(entry)
                }
            }
        default:
            problems.add(value.place, "\(what) is \(value.kindName)", "write a map of key: value")
        }
    }

    subscript(key: String) -> YAMLValue? {
        guard let value = entries.last(where: { $0.key == key })?.value else { return nil }
        if case .nothing = value.content { return nil }
        return value
    }

    func text(_ key: String) -> String? { parse(key) { text throws(ValueError) in text } }

    func parse<Value>(_ key: String, _ convert: (String) throws(ValueError) -> Value) -> Value? {
        guard let value = self[key] else { return nil }
        return problems.attempt(value) { value throws(ValueError) in
            try convert(try value.text("\(key)"))
        }
    }

    /// Parses into `place`, which keeps what it had (from an earlier layer) where there is no value, or a wrong one.
    func read<Value>(_ key: String, into place: inout Value?, _ convert: (String) throws(ValueError) -> Value) {
        if let value = parse(key, convert) { place = value }
    }

    func flag(_ key: String) -> Bool? {
        parse(key) { text throws(ValueError) in
            switch text.lowercased() {
            case "true", "yes", "on": true
            case "false", "no", "off": false
            default: throw ValueError("“\(text)” is neither true nor false", "write \(key): true or \(key): false")
            }
        }
    }

    /// A text, or a list of texts.
    func texts(_ key: String) -> [String]? {
        guard let value = self[key] else { return nil }
        return problems.attempt(value) { value throws(ValueError) in try value.texts(key) }
    }

    /// A map of texts; containerlab also writes lists of NAME=VALUE.
    func pairs(_ key: String) -> [(key: String, value: String)]? {
        guard let value = self[key] else { return nil }
        return problems.attempt(value) { value throws(ValueError) in
            var result: [(key: String, value: String)] = []
            switch value.content {
            case .map(let entries):
                for entry in entries {
                    if case .nothing = entry.value.content {
                        result.append((entry.key, ""))
                    } else {
                        result.append((entry.key, try entry.value.text(entry.key)))
                    }
                }
            default:
                for text in try value.texts(key) {
                    guard let sign = text.firstIndex(of: "=") else {
                        throw ValueError("“\(text)” is not NAME=VALUE", "write \(key): {NAME: VALUE}")
                    }
                    result.append((String(text[..<sign]), String(text[text.index(after: sign)...])))
                }
            }
            return result
        }
    }

    func oneOf<Choice: RawRepresentable & CaseIterable>(
        _ key: String, _ type: Choice.Type
    ) -> Choice? where Choice.RawValue == String {
        parse(key) { text throws(ValueError) in
            guard let choice = Choice(rawValue: text) else {
                throw ValueError(
                    "“\(text)” is not possible for \(key)", nearestHint(text, among: Choice.allCases.map(\.rawValue)))
            }
            return choice
        }
    }
}

extension YAMLValue {
    func text(_ what: String) throws(ValueError) -> String {
        guard case .text(let text) = content else {
            throw ValueError("\(what) is \(kindName)", "write one text or number")
        }
        return text
    }

    func texts(_ what: String) throws(ValueError) -> [String] {
        switch content {
        case .text(let text): return [text]
        case .list(let items):
            var texts: [String] = []
            for item in items { texts.append(try item.text("an item of \(what)")) }
            return texts
        default: throw ValueError("\(what) is \(kindName)", "write a text or a list of texts")
        }
    }

    /// For `LinkProperty`, which knows nothing about files.
    var property: PropertyValue {
        switch content {
        case .text(let text): .text(text)
        case .nothing: .text("")
        case .list(let items): .list(items.map(\.property))
        case .map(let entries): .parts(entries.map { ($0.key, $0.value.property) })
        }
    }
}
