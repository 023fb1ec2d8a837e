/// A wire from a device to an interrupt controller. Level: the device raises and lowers it; an edge is a raise after a lower.
public final class InterruptLine {
    /// The number of the line at its controller (GSI).
    public let number: Int
    public private(set) var isRaised = false
    private let onChange: (_ number: Int, _ isRaised: Bool) -> Void

    /// `onChange` is called when the level changes, with the device lock held.
    public init(number: Int, onChange: @escaping (_ number: Int, _ isRaised: Bool) -> Void) {
        self.number = number
        self.onChange = onChange
    }

    public func set(_ raised: Bool) {
        guard raised != isRaised else { return }
        isRaised = raised
        onChange(number, raised)
    }

    /// An edge: up, and down again.
    public func pulse() {
        set(true)
        set(false)
    }
}
