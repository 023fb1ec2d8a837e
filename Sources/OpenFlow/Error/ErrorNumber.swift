/// The numbers of an error in one version.
public struct ErrorNumber: Hashable, Sendable {
    /// Whose error it is; 0: the specification's.
    public var experimenter: UInt32
    /// `type`; an experimenter's `exp_type`.
    public var type: UInt16
    /// `code`; 0 with an experimenter's error of OpenFlow 1.2 or later, which has none.
    public var code: UInt16

    public init(experimenter: UInt32 = 0, type: UInt16, code: UInt16) {
        self.experimenter = experimenter
        self.type = type
        self.code = code
    }

    /// The type that says that an experimenter's numbers follow, from OpenFlow 1.2 on (`OFPET_EXPERIMENTER`).
    static let experimenterType: UInt16 = 0xffff
    /// The same before, in Nicira's extension (`NXET_VENDOR`; its code is 0).
    static let niciraType: UInt16 = 0xb0c2
}

extension OpenFlowError {
    private static let assignmentOfError = Dictionary(
        ErrorAssignment.all.map { ($0.error, $0) }, uniquingKeysWith: { first, _ in first })

    private struct Key: Hashable {
        var version: OpenFlowVersion
        var number: ErrorNumber
    }

    private static let errorOfNumber: [Key: OpenFlowError] = {
        var result: [Key: OpenFlowError] = [:]
        for assignment in ErrorAssignment.all {
            for numbers in assignment.numbers {
                for version in OpenFlowVersion.allCases where numbers.versions.contains(version) {
                    // Where a version gives one number to two errors, the first one in the table has it.
                    let key = Key(version: version, number: numbers.number)
                    if result[key] == nil { result[key] = assignment.error }
                }
            }
        }
        return result
    }()

    /// What `version` numbers this error; nil: it has no number there.
    public func number(in version: OpenFlowVersion) -> ErrorNumber? {
        if case .other(let number) = self { return number }
        return Self.assignmentOfError[self]?.numbers.first { $0.versions.contains(version) }?.number
    }

    /// The error that `version` numbers so.
    public init(_ number: ErrorNumber, version: OpenFlowVersion) {
        self = Self.errorOfNumber[Key(version: version, number: number)] ?? .other(number)
    }

    /// Every error, but `other`.
    public static var all: [OpenFlowError] { ErrorAssignment.all.map(\.error) }

    /// The error called `name`, as in ovs-ofctl: `OFPBRC_BAD_LEN`.
    public init?(named name: String) {
        guard let assignment = ErrorAssignment.all.first(where: { $0.name == name }) else { return nil }
        self = assignment.error
    }

    /// As ovs-ofctl prints it: `OFPBRC_BAD_LEN`.
    public var name: String {
        if case .other(let number) = self {
            return number.experimenter == 0
                ? "type \(number.type), code \(number.code)"
                : "experimenter 0x\(String(number.experimenter, radix: 16)), type \(number.type), code \(number.code)"
        }
        return Self.assignmentOfError[self]?.name ?? "error"
    }
}

extension OpenFlowError: CustomStringConvertible {
    public var description: String { name }
}
