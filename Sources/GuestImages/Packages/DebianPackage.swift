/// A package of Debian's, as the machine's package lists know it.
struct DebianPackage: Equatable, Sendable {
    let name: String
    let version: String
    /// The packages it needs; of alternatives the first.
    let dependencies: [String]

    /// Reads what `apt-cache show` prints: paragraphs of fields, one for each package. What has no name or version that a package
    /// can have (Debian's policy, 5.6.1 and 5.6.12) is left out: they become arguments and files' names.
    static func parse(_ text: String) -> [DebianPackage] {
        var packages: [DebianPackage] = []
        for paragraph in text.split(separator: "\n\n") {
            var fields: [Substring: Substring] = [:]
            for line in paragraph.split(separator: "\n") where line.first != " " {
                guard let colon = line.firstIndex(of: ":") else { continue }
                fields[line[..<colon]] = line[line.index(after: colon)...].drop { $0 == " " }
            }
            guard let name = fields["Package"], isName(name), let version = fields["Version"], isVersion(version)
            else { continue }
            let needed = [fields["Pre-Depends"], fields["Depends"]].compactMap { $0 }.flatMap {
                $0.split(separator: ",")
            }
            packages.append(
                DebianPackage(
                    name: String(name), version: String(version),
                    dependencies: needed.map { $0.drop { $0 == " " }.prefix { !" |(:".contains($0) } }
                        .filter(isName).map(String.init)))
        }
        return packages
    }

    private static func isName(_ text: Substring) -> Bool {
        guard text.utf8.count >= 2, let first = text.utf8.first, isLowerOrDigit(first) else { return false }
        return text.utf8.allSatisfy { isLowerOrDigit($0) || "+-.".utf8.contains($0) }
    }

    private static func isVersion(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, isLowerOrDigit(first | 0x20) else { return false }
        return text.utf8.allSatisfy { isLowerOrDigit($0 | 0x20) || ".+-~:".utf8.contains($0) }
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
    }
}
