import Linux

/// Why part of the machine's network could not be set up.
public enum HostNetworkError: Error, Equatable, Sendable, CustomStringConvertible {
    case system(SystemError)
    case netlink(NetlinkError)
    case name(InterfaceNameError)

    public var description: String {
        switch self {
        case .system(let error): error.description
        case .netlink(let error): error.description
        case .name(let error): error.description
        }
    }
}

/// Lets calls with narrower errors be made where a `HostNetworkError` may be thrown.
func system<Result: ~Copyable>(
    _ body: () throws(SystemError) -> Result
) throws(HostNetworkError) -> Result {
    do throws(SystemError) { return try body() } catch { throw .system(error) }
}

func netlink<Result: ~Copyable>(
    _ body: () throws(NetlinkError) -> Result
) throws(HostNetworkError) -> Result {
    do throws(NetlinkError) { return try body() } catch { throw .netlink(error) }
}

func named<Result: ~Copyable>(
    _ body: () throws(InterfaceNameError) -> Result
) throws(HostNetworkError) -> Result {
    do throws(InterfaceNameError) { return try body() } catch { throw .name(error) }
}
