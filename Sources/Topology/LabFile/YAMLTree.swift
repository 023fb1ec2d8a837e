import Yams

// A YAML file is hostile until proven small: aliases multiply, keys repeat, bytes are not text. This file turns Yams'
// nodes into a plain tree with a place for each value, with merge keys applied and variables filled in, and counts as
// it goes: aliases share memory in Yams but not in what is built from them.

/// One value of a lab file and where it stands.
struct YAMLValue {
    indirect enum Content {
        case text(String)
        case list([YAMLValue])
        case map([(key: String, place: Place, value: YAMLValue)])
        /// `key:` without a value, `~` or `null`.
        case nothing
    }

    struct Place: Hashable {
        var line: Int
        var column: Int
    }

    var content: Content
    var place: Place

    var kindName: String {
        switch content {
        case .text: "a text"
        case .list: "a list"
        case .map: "a map"
        case .nothing: "nothing"
        }
    }

    subscript(key: String) -> YAMLValue? {
        guard case .map(let entries) = content else { return nil }
        return entries.last { $0.key == key }?.value
    }
}

/// Reads text into a `YAMLValue`.
struct YAMLReader {
    static let sizeLimit = 32 << 20
    static let valueLimit = 2_000_000
    static let depthLimit = 60

    let file: String
    private var count = 0

    init(file: String) { self.file = file }

    mutating func read(_ text: String) throws(TopologyError) -> YAMLValue {
        guard text.utf8.count <= Self.sizeLimit else {
            throw problem(nil, "the file is larger than 32 MiB", "is it a lab file?")
        }
        if let line = binaryLine(text) {
            throw problem(.init(line: line, column: 1), "this is not text", "is it a lab file?")
        }
        try refuseComplexAliasKeys(text)
        let root: Node?
        do {
            root = try Parser(yaml: text).singleRoot()
        } catch let error as YamlError {
            throw problem(error)
        } catch {
            throw problem(nil, "the file cannot be read as YAML", "\(error)")
        }
        guard let root else { throw problem(nil, "the file is empty", "it needs at least name: and topology:") }
        return try value(root, depth: 0)
    }

    private mutating func value(_ node: Node, depth: Int) throws(TopologyError) -> YAMLValue {
        let place = YAMLValue.Place(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        count += 1
        guard count <= Self.valueLimit else {
            throw problem(
                place, "the file grows beyond \(Self.valueLimit) values",
                "aliases (*name) multiply what they stand for: use ranges such as h[1-100] instead")
        }
        guard depth <= Self.depthLimit else {
            throw problem(place, "nested more than \(Self.depthLimit) levels deep", "a lab file needs about six")
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            if isPlain, ["", "~", "null", "Null", "NULL"].contains(scalar.string) {
                return YAMLValue(content: .nothing, place: place)
            }
            return YAMLValue(content: .text(scalar.string), place: place)
        case .sequence(let sequence):
            var items: [YAMLValue] = []
            items.reserveCapacity(sequence.count)
            for item in sequence { items.append(try value(item, depth: depth + 1)) }
            return YAMLValue(content: .list(items), place: place)
        case .mapping(let mapping):
            var entries: [(key: String, place: YAMLValue.Place, value: YAMLValue)] = []
            var merged: [(key: String, place: YAMLValue.Place, value: YAMLValue)] = []
            for (key, item) in mapping {
                guard case .scalar(let scalar) = key else {
                    throw problem(place, "a key is not a plain text", "write key: value")
                }
                let keyPlace = YAMLValue.Place(line: scalar.mark?.line ?? 1, column: scalar.mark?.column ?? 1)
                let content = try value(item, depth: depth + 1)
                if scalar.string == "<<" {
                    merged += try mergeEntries(content)
                } else {
                    entries.append((scalar.string, keyPlace, content))
                }
            }
            if !merged.isEmpty {
                var known = Set(entries.map(\.key))
                for entry in merged where known.insert(entry.key).inserted { entries.append(entry) }
            }
            return YAMLValue(content: .map(entries), place: place)
        case .alias:
            throw problem(place, "an alias stands for nothing", "define its anchor (&name) before it")
        }
    }

    private func mergeEntries(
        _ value: YAMLValue
    ) throws(TopologyError) -> [(key: String, place: YAMLValue.Place, value: YAMLValue)] {
        switch value.content {
        case .map(let entries): return entries
        case .list(let items):
            var all: [(key: String, place: YAMLValue.Place, value: YAMLValue)] = []
            for item in items { all += try mergeEntries(item) }
            return all
        default: throw problem(value.place, "<<: takes a map", "write <<: *name")
        }
    }

    /// Yams compares keys by hashing them whole, so a key made of nested aliases would cost exponential time before the
    /// count above sees it.
    private func refuseComplexAliasKeys(_ text: String) throws(TopologyError) {
        var aliases = 0
        var anchors = 0
        var previous = UInt8(ascii: " ")
        for byte in text.utf8 {
            let opens = previous == 32 || previous == 10 || previous == 91 || previous == 44 || previous == 123
            if opens && byte == UInt8(ascii: "*") { aliases += 1 }
            if opens && byte == UInt8(ascii: "&") { anchors += 1 }
            previous = byte
        }
        guard aliases >= 16, anchors >= 6 else { return }
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let bare = line.trimmed
            let complex =
                bare.hasPrefix("? ") || bare == "?" || bare.hasPrefix("*") || bare.contains("]:") || bare.contains("}:")
                || bare.contains("] :") || bare.contains("} :") || bare.contains("{*") || bare.contains("{ *")
                || bare.contains("{?") || bare.contains("[?") || bare.contains(", ?") || bare.contains("{ ?")
            if complex {
                throw problem(
                    .init(line: number + 1, column: 1), "aliases and keys that are not plain text in one file",
                    "use plain keys")
            }
        }
    }

    /// The line of the first character that text files do not have.
    private func binaryLine(_ text: String) -> Int? {
        var line = 1
        for byte in text.utf8 {
            if byte == 10 { line += 1 }
            if byte < 32 && byte != 9 && byte != 10 && byte != 13 { return line }
        }
        return nil
    }

    func problem(_ place: YAMLValue.Place?, _ what: String, _ remedy: String) -> TopologyError {
        TopologyError([.init(file: file, line: place?.line, column: place?.column, what: what, remedy: remedy)])
    }

    private func problem(_ error: YamlError) -> TopologyError {
        func place(_ mark: Mark) -> YAMLValue.Place { .init(line: max(1, mark.line), column: max(1, mark.column)) }
        switch error {
        case .scanner(_, let what, let mark, _), .parser(_, let what, let mark, _):
            var remedy = "check the indentation, colons and quotes here"
            if what.contains("tab") || what.contains("cannot start any token") {
                remedy = "YAML is indented with blanks, and texts that start with %, @ or ` need quotes"
            }
            if what.lowercased().contains("nesting") { remedy = "a lab file needs about six levels" }
            return problem(place(mark), "not YAML: \(what)", remedy)
        case .composer(_, let what, let mark, _):
            let remedy =
                what.contains("alias")
                ? "define the anchor (&name) completely before the alias (*name)" : "one file is one lab"
            return problem(place(mark), "not YAML: \(what)", remedy)
        case .duplicatedKeysInMapping(let keys, let context):
            return problem(
                place(context.mark), "“\(keys.joined(separator: "”, “"))” stands here twice", "keep one of them")
        case .reader(let what, _, _, _): return problem(nil, "not text: \(what)", "lab files are UTF-8")
        default: return problem(nil, "not YAML: \(error)", "check the file")
        }
    }
}
