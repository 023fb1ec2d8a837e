/// A package of Debian's, as the machine's package lists know it.
struct DebianPackage: Equatable, Sendable {
    let name: String
    let version: String
    /// The packages it needs; of alternatives the first.
    let dependencies: [String]

    /// Reads what `apt-cache show` prints: paragraphs of fields, one for each package.
    static func parse(_ text: String) -> [DebianPackage] {
        var packages: [DebianPackage] = []
        for paragraph in text.split(separator: "\n\n") {
            var fields: [Substring: Substring] = [:]
            for line in paragraph.split(separator: "\n") where line.first != " " {
                guard let colon = line.firstIndex(of: ":") else { continue }
                fields[line[..<colon]] = line[line.index(after: colon)...].drop { $0 == " " }
            }
            guard let name = fields["Package"], let version = fields["Version"] else { continue }
            let needed = [fields["Pre-Depends"], fields["Depends"]].compactMap { $0 }.flatMap {
                $0.split(separator: ",")
            }
            packages.append(
                DebianPackage(
                    name: String(name), version: String(version),
                    dependencies: needed.map { dependency in
                        String(dependency.drop { $0 == " " }.prefix { !" |(:".contains($0) })
                    }))
        }
        return packages
    }
}
