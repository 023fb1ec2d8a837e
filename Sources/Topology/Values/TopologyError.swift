/// Everything that is wrong with a lab file, a topology name or a link setting; never empty.
public struct TopologyError: Error, Equatable, Sendable, CustomStringConvertible {
    public var problems: [Problem]

    public init(_ problems: [Problem]) { self.problems = problems }
    public init(_ what: String, remedy: String) { self.init([Problem(what: what, remedy: remedy)]) }

    /// One thing that is wrong, where, and what to do about it.
    public struct Problem: Equatable, Sendable, CustomStringConvertible {
        public var file: String?
        /// From 1.
        public var line: Int?
        /// From 1, in Unicode scalars.
        public var column: Int?
        public var what: String
        public var remedy: String

        public init(file: String? = nil, line: Int? = nil, column: Int? = nil, what: String, remedy: String) {
            self.file = file
            self.line = line
            self.column = column
            self.what = what
            self.remedy = remedy
        }

        /// `file:line:column: what — remedy`
        public var description: String {
            var place = [file ?? "", line.map(String.init) ?? "", column.map(String.init) ?? ""].filter { !$0.isEmpty }
                .joined(separator: ":")
            if !place.isEmpty { place += ": " }
            return place + what + (remedy.isEmpty ? "" : " — " + remedy)
        }
    }

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// A value that cannot be used; the caller adds the place.
public struct ValueError: Error, Equatable {
    public var what: String
    public var remedy: String
    init(_ what: String, _ remedy: String) {
        self.what = what
        self.remedy = remedy
    }
}
