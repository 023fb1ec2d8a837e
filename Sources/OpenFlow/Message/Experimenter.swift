/// Something of an experimenter's (in OpenFlow 1.0: a vendor's) that the codec passes through: a message, a multipart
/// message or a property.
public struct Experimenter: Hashable, Sendable {
    /// The Open Networking Foundation's id, and Nicira's.
    public static let onf: UInt32 = 0x4f4e_4600
    public static let nicira: UInt32 = 0x0000_2320

    public var id: UInt32
    /// `exp_type`; of messages of OpenFlow 1.0 and 1.1 the first four bytes of the data.
    public var type: UInt32
    public var data: [UInt8]

    public init(id: UInt32, type: UInt32, data: [UInt8] = []) {
        self.id = id
        self.type = type
        self.data = data
    }
}
