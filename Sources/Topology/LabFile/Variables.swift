/// `vars:` of a lab file and the environment; fills in `${name}` and `${name:-default}`; `$${` is a literal `${`.
struct Variables {
    private let definitions: [String: (text: String, place: YAMLValue.Place)]
    private let environment: [String: String]
    private var resolved: [String: String] = [:]
    private static let lengthLimit = 1 << 20

    init(_ definitions: [String: (text: String, place: YAMLValue.Place)], environment: [String: String]) {
        self.definitions = definitions
        self.environment = environment
    }

    mutating func fill(_ text: String) throws(ValueError) -> String {
        guard text.contains("${") else { return text }
        var path: [String] = []
        return try fill(text, &path)
    }

    private mutating func fill(_ text: String, _ path: inout [String]) throws(ValueError) -> String {
        var result = ""
        var rest = Substring(text)
        while let sign = rest.firstIndex(of: "$") {
            result += rest[..<sign]
            rest = rest[sign...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
                continue
            }
            guard rest.hasPrefix("${") else {
                result += "$"
                rest = rest.dropFirst()
                continue
            }
            // The matching brace, so that a default may hold a variable itself.
            var depth = 0
            var end: Substring.Index?
            for index in rest.indices.dropFirst() {
                if rest[index] == "{" { depth += 1 }
                if rest[index] == "}" {
                    depth -= 1
                    if depth == 0 {
                        end = index
                        break
                    }
                }
            }
            guard let end else {
                throw ValueError("“\(text.prefix(60))” has ${ without }", "close it, or write $${ for a literal ${")
            }
            let body = rest[rest.index(rest.startIndex, offsetBy: 2)..<end]
            result += try expand(body, &path)
            guard result.utf8.count <= Self.lengthLimit else {
                throw ValueError("variables make a text longer than 1 MiB", "shorten them")
            }
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    private mutating func expand(_ body: Substring, _ path: inout [String]) throws(ValueError) -> String {
        var name = String(body)
        var standard: String?
        // containerlab's environment substitution knows both forms.
        for separator in [":-", ":=", "-", "="] {
            if let range = body.firstRange(of: separator) {
                name = String(body[..<range.lowerBound])
                standard = String(body[range.upperBound...])
                break
            }
        }
        if let known = resolved[name] { return known }
        if let definition = definitions[name] {
            guard !path.contains(name) else {
                let loop = (path.drop { $0 != name } + [name]).joined(separator: " → ")
                throw ValueError("the variables go in a circle: \(loop)", "give one of them a plain value")
            }
            path.append(name)
            let value = try fill(definition.text, &path)
            path.removeLast()
            resolved[name] = value
            return value
        }
        if let value = environment[name], !value.isEmpty || standard == nil { return value }
        if let standard {
            guard path.count < 50 else { throw ValueError("variables are nested too deeply", "shorten them") }
            path.append("")
            defer { path.removeLast() }
            return try fill(standard, &path)
        }
        throw ValueError(
            "there is no variable “\(name)”",
            "define it under vars:, write ${\(name):-default}, or $${\(name)} for the shell's own")
    }
}
