import Board

/// The interrupt lines of a machine, by global number (GSI), and the controllers at their other end.
public final class InterruptWiring {
    private var controllers: [(Int, Bool) -> Void] = []
    private var lines: [Int: InterruptLine] = [:]

    public init() {}

    /// Adds a controller that hears of every line's level, with the device lock held.
    public func connect(_ controller: @escaping (_ line: Int, _ isRaised: Bool) -> Void) {
        controllers.append(controller)
    }

    /// The line of a number: the same one for all who share it.
    public func line(_ number: Int) -> InterruptLine {
        if let line = lines[number] { return line }
        let line = InterruptLine(number: number) { [unowned self] number, isRaised in
            for controller in controllers { controller(number, isRaised) }
        }
        lines[number] = line
        return line
    }

    /// A line of one of several devices that share a number: it is up while any of them raises it.
    public func sharedLine(_ number: Int) -> InterruptLine {
        let common = line(number)
        let share = shares[number, default: Share()]
        shares[number] = share
        return InterruptLine(number: number) { _, isRaised in
            share.count += isRaised ? 1 : -1
            common.set(share.count > 0)
        }
    }

    private final class Share {
        var count = 0
    }
    private var shares: [Int: Share] = [:]
}
