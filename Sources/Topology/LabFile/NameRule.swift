/// What names may look like.
enum NameRule {
    /// Names that containerlab and we use for things outside the lab.
    static let reserved = ["host", "physical", "mgmt-net", "macvlan", "vxlan", "vxlan-stitch", "dummy"]

    static func lab(_ name: String) throws(ValueError) -> String {
        try check(name, "lab name", 40, "_-.")
        return name
    }

    /// Host names (RFC 1123 section 2.1) and `_`.
    static func node(_ name: String) throws(ValueError) -> String {
        guard !reserved.contains(name) else {
            throw ValueError(
                "the node name “\(name)” is reserved", "it stands for something outside the lab; choose another")
        }
        try check(name, "node name", 63, "_-.")
        return name
    }

    /// What Linux takes as an interface name (IFNAMSIZ and dev_valid_name), without `[` and `]`.
    static func interface(_ name: String) throws(ValueError) -> String {
        guard name.utf8.count <= 15 else {
            throw ValueError("the interface name “\(name.prefix(80))” is longer than 15 bytes", "Linux takes 15")
        }
        let good =
            !name.isEmpty && name != "." && name != ".."
            && name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 47 && $0 != 58 && $0 != 37 }
        guard good else {
            throw ValueError("“\(name)” is not an interface name", "use letters, digits, - and _, for example eth0")
        }
        return name
    }

    private static func check(_ name: String, _ what: String, _ limit: Int, _ marks: String) throws(ValueError) {
        let example = "use letters, digits and \(marks.map { String($0) }.joined(separator: " "))"
        guard !name.isEmpty else { throw ValueError("the \(what) is empty", example) }
        guard name.utf8.count <= limit else {
            throw ValueError("the \(what) “\(name.prefix(80))” is longer than \(limit) bytes", "shorten it")
        }
        for character in name {
            guard character.isASCII, character.isLetter || character.isNumber || marks.contains(character) else {
                throw ValueError("the \(what) “\(name)” has a “\(character)”", example)
            }
        }
        guard let first = name.first, first.isLetter || first.isNumber else {
            throw ValueError("the \(what) “\(name)” starts with “\(name.first!)”", "start with a letter or digit")
        }
    }
}
