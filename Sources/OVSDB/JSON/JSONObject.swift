/// The members of a JSON object in the order of the text. Looking up a name walks them: objects of this protocol that
/// are searched are small, and those that are large (rows by UUID) are iterated.
public struct JSONObject: Equatable, Sendable {
    public struct Member: Equatable, Sendable {
        public var name: String
        public var value: JSONValue
    }

    public var members: [Member]

    public init() { members = [] }
    public init(_ members: [(String, JSONValue)]) { self.members = members.map { Member(name: $0.0, value: $0.1) } }

    /// The member called `name`; of several, the last. Setting appends or replaces, nil removes.
    public subscript(name: String) -> JSONValue? {
        get { members.last { $0.name == name }?.value }
        set {
            let index = members.lastIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    public var isEmpty: Bool { members.isEmpty }
    public var count: Int { members.count }

    /// Order does not matter: `{"a":1,"b":2}` equals `{"b":2,"a":1}`.
    public static func == (a: JSONObject, b: JSONObject) -> Bool {
        if a.members.count != b.members.count { return false }
        if zip(a.members, b.members).allSatisfy({ $0.name == $1.name }) {
            return zip(a.members, b.members).allSatisfy { $0.value == $1.value }
        }
        var byName: [String: JSONValue] = [:]
        for member in b.members { byName[member.name] = member.value }
        return a.members.allSatisfy { byName[$0.name] == $0.value }
    }
}
