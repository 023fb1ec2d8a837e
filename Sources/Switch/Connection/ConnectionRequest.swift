/// What a `ct` action asks of the tracker, with the packet's part (the zone, the values of mark and label) filled in.
public struct ConnectionRequest: Hashable, Sendable {
    /// The application that speaks on a connection, and opens others by what it says.
    public enum Helper: UInt8, Sendable {
        case ftp = 21
        case tftp = 69
    }

    public var zone: UInt16
    public var commit: Bool
    /// A connection that was opened from the other side is forgotten, and one opened by this packet takes its place.
    public var force: Bool
    /// Present: packets of translated connections are rewritten; with a direction, new connections become translated.
    public var translation: AddressTranslation?
    public var helper: Helper?
    public var mark: UInt32
    public var markMask: UInt32
    public var label: FieldValue
    public var labelMask: FieldValue

    public init(
        zone: UInt16 = 0, commit: Bool = false, force: Bool = false, translation: AddressTranslation? = nil,
        helper: Helper? = nil, mark: UInt32 = 0, markMask: UInt32 = 0, label: FieldValue = .zero,
        labelMask: FieldValue = .zero
    ) {
        self.zone = zone
        self.commit = commit || force
        self.force = force
        self.translation = translation
        self.helper = helper
        self.mark = mark
        self.markMask = markMask
        self.label = label
        self.labelMask = labelMask
    }
}
