/// A version of the OpenFlow protocol, as the first octet of each message numbers it.
public enum OpenFlowVersion: UInt8, CaseIterable, Comparable, Sendable {
    case v10 = 1, v11, v12, v13, v14, v15

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// As the specification's title and `ovs-vsctl set bridge protocols=` call it.
    public var name: String { "OpenFlow1\(rawValue - 1)" }

    /// The version called `name`: `OpenFlow13`, also `OpenFlow1.3`.
    public init?(named name: String) {
        let plain = name.filter { $0 != "." }
        guard let version = Self.allCases.first(where: { $0.name == plain }) else { return nil }
        self = version
    }
}
