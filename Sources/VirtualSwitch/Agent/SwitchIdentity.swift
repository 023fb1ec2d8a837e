/// Who a bridge tells controllers that it is.
public struct SwitchIdentity: Hashable, Sendable {
    public var name: String
    /// Its datapath id: the lower 48 bits are usually its MAC address.
    public var datapathID: UInt64
    /// `ofp_desc`.
    public var manufacturer: String
    public var hardware: String
    public var software: String
    public var serialNumber: String
    /// What a person calls it (`other_config:dp-desc`).
    public var description: String

    public init(
        name: String, datapathID: UInt64, manufacturer: String = "Rookery", hardware: String = "Rookery virtual switch",
        software: String = Release.version, serialNumber: String = "None", description: String? = nil
    ) {
        self.name = name
        self.datapathID = datapathID
        self.manufacturer = manufacturer
        self.hardware = hardware
        self.software = software
        self.serialNumber = serialNumber
        self.description = description ?? name
    }

    /// With texts as Open vSwitch's Bridge table names them (`other_config:mfr-desc` …).
    init(name: String, datapathID: UInt64, descriptions: [String: String]) {
        self.init(name: name, datapathID: datapathID)
        if let text = descriptions["mfr-desc"] { manufacturer = text }
        if let text = descriptions["hw-desc"] { hardware = text }
        if let text = descriptions["sw-desc"] { software = text }
        if let text = descriptions["dp-sn"] { serialNumber = text }
        if let text = descriptions["dp-desc"] { description = text }
    }
}
