/// What of a packet a hash is taken of (`enum nx_hash_fields`), in the order of their numbers.
public enum HashFields: UInt16, Sendable, CaseIterable {
    case ethernetSource, symmetricL4, symmetricL3L4, symmetricL3L4UDP, networkSource, networkDestination, symmetricL3
}

/// `NXAST_MULTIPATH` (nicira-ext.h): a number from 0 to `maxLink` into `destination`.
public struct Multipath: Equatable, Sendable {
    public enum Algorithm: UInt16, Sendable, CaseIterable {
        case moduloN, hashThreshold, highestRandomWeight, iterativeHash
    }

    public var fields: HashFields
    public var basis: UInt16
    public var algorithm: Algorithm
    /// The number of links less one.
    public var maxLink: UInt16
    public var argument: UInt32
    public var destination: Subfield

    public init(
        fields: HashFields, basis: UInt16, algorithm: Algorithm, maxLink: UInt16, argument: UInt32,
        destination: Subfield
    ) {
        self.fields = fields
        self.basis = basis
        self.algorithm = algorithm
        self.maxLink = maxLink
        self.argument = argument
        self.destination = destination
    }
}

/// `NXAST_BUNDLE` (nicira-ext.h): the first live port, or one chosen by highest random weight.
public struct BundleChoice: Equatable, Sendable {
    public enum Algorithm: UInt16, Sendable, CaseIterable { case activeBackup, highestRandomWeight }

    public var algorithm: Algorithm
    public var fields: HashFields
    public var basis: UInt16
    public var members: [UInt32]
    /// Where the port's number goes (`bundle_load`); nil: the packet goes to the port.
    public var destination: Subfield?

    public init(
        algorithm: Algorithm, fields: HashFields, basis: UInt16, members: [UInt32], destination: Subfield? = nil
    ) {
        self.algorithm = algorithm
        self.fields = fields
        self.basis = basis
        self.members = members
        self.destination = destination
    }
}
