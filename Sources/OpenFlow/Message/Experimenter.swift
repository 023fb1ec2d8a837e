/// A message of an experimenter (in OpenFlow 1.0: a vendor) that the codec does not know.
public struct Experimenter: Equatable, Sendable {
    /// The Open Networking Foundation's id, Nicira's, and Intel's.
    public static let onf: UInt32 = 0x4f4e_4600
    public static let nicira: UInt32 = 0x0000_2320
    public static let intel: UInt32 = 0x0000_aa01

    public var id: UInt32
    public var type: UInt32
    public var data: [UInt8]

    public init(id: UInt32, type: UInt32, data: [UInt8] = []) {
        self.id = id
        self.type = type
        self.data = data
    }
}
