import Switch

/// A change to some properties of a link, the rest left as it is: what `rookery link set` and a schedule's `set:` say.
public struct LinkChange: Codable, Equatable, Sendable {
    /// For both directions; applied before the other two.
    public var both: [LinkSetting]
    /// From the link's first endpoint to its second.
    public var forward: [LinkSetting]
    /// From the link's second endpoint to its first.
    public var reverse: [LinkSetting]
    /// nil: stays as it is.
    public var up: Bool?

    public init(
        both: [LinkSetting] = [], forward: [LinkSetting] = [], reverse: [LinkSetting] = [], up: Bool? = nil
    ) {
        self.both = both
        self.forward = forward
        self.reverse = reverse
        self.up = up
    }

    public var isEmpty: Bool { both.isEmpty && forward.isEmpty && reverse.isEmpty && up == nil }

    public func apply(to link: inout LabTopology.Link) {
        for setting in both + forward { setting.apply(to: &link.aToB) }
        for setting in both + reverse { setting.apply(to: &link.bToA) }
        if let up { link.up = up }
    }

    /// The same change seen from the link's other end.
    public var reversed: LinkChange { LinkChange(both: both, forward: reverse, reverse: forward, up: up) }
}

/// One property of one direction of a link.
public enum LinkSetting: Codable, Hashable, Sendable {
    /// nil: no limit.
    case rate(UInt64?)
    case delay(UInt64)
    /// Keeps the distribution and correlation that are there; 0 removes the jitter.
    case jitter(UInt64)
    case distribution(LinkProfile.Distribution)
    case jitterCorrelation(Double)
    case loss(LinkProfile.Loss?)
    case duplicate(LinkProfile.Chance?)
    case corrupt(LinkProfile.Chance?)
    case reorder(LinkProfile.Reorder?)
    case mtu(Int?)
    case queue(LinkProfile.QueueLimit?)
    case aqm(LinkProfile.QueueDiscipline)
    /// Back to an ideal wire.
    case ideal

    public func apply(to profile: inout LinkProfile) {
        switch self {
        case .rate(let rate): profile.rate = rate
        case .delay(let delay): profile.delay = delay
        case .jitter(0): profile.jitter = nil
        case .jitter(let spread):
            if profile.jitter == nil { profile.jitter = .init(spread: spread) } else { profile.jitter?.spread = spread }
        case .distribution(let shape):
            if profile.jitter == nil {
                profile.jitter = .init(spread: 0, distribution: shape)
            } else {
                profile.jitter?.distribution = shape
            }
        case .jitterCorrelation(let correlation):
            if profile.jitter == nil {
                profile.jitter = .init(spread: 0, correlation: correlation)
            } else {
                profile.jitter?.correlation = correlation
            }
        case .loss(let loss): profile.loss = loss
        case .duplicate(let chance): profile.duplicate = chance
        case .corrupt(let chance): profile.corrupt = chance
        case .reorder(let reorder): profile.reorder = reorder
        case .mtu(let mtu): profile.mtu = mtu
        case .queue(let limit): profile.queue = limit
        case .aqm(let discipline): profile.aqm = discipline
        case .ideal: profile = LinkProfile()
        }
    }
}
