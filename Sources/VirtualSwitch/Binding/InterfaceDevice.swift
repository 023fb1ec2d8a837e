import HostNetwork
import Linux
import Ports
import Wire

/// What carries the packets of a bridge's port outside the data path.
enum InterfaceDevice {
    /// An interface of our own in the machine's network namespace (types `internal` and `tap`).
    case tap(TAP)
    /// An interface that is there anyway (type `system`, or none).
    case socket(OwnedDescriptor)

    var descriptor: Int32 {
        switch self {
        case .tap(let tap): tap.descriptor.rawValue
        case .socket(let socket): socket.rawValue
        }
    }

    var capabilities: DeviceCapabilities {
        switch self {
        case .tap(let tap):
            DeviceCapabilities(
                tcpSegmentation: tap.offloads.contains([.tcp4, .tcp6]), udpSegmentation: tap.offloads.contains(.udp))
        case .socket: DeviceCapabilities(separateTag: true)
        }
    }

    /// Why a port could not be had, in the words that OVSDB's `error` column has.
    struct Failure: Error {
        var text: String
        /// Whether somebody else has the device, who may let go of it.
        var isBusy = false
    }

    /// Opens what an interface of a bridge asks for.
    /// - Parameter address: for an interface of our own.
    static func open(_ plan: InterfacePlan, address: UInt64?) throws(Failure) -> InterfaceDevice {
        do throws(HostNetworkError) {
            switch plan.type {
            case "internal", "tap":
                let tap = try TAP.open(plan.name)
                if address != nil || plan.mtu != nil {
                    var batch = RouteBatch()
                    batch.changeLink(
                        .index(tap.index), .init(mtu: plan.mtu, address: address.map { MACAddress(rawValue: $0) }))
                    // With the MTU or the address that the kernel has chosen it works, too, and the row shows them.
                    if let socket = try? RouteSocket() { try? socket.run(batch) }
                }
                return .tap(tap)
            case "", "system":
                return .socket(OwnedDescriptor(try PacketSocket.open(plan.name)))
            case let type:
                throw .system(SystemError("use the interface type", type, code: .noSuchDevice))
            }
        } catch {
            guard case .system(let error) = error else {
                throw Failure(text: "could not open network device \(plan.name) (\(error))")
            }
            if Self.tunnels.contains(plan.type) {
                throw Failure(text: "\(plan.name): tunnels of type \(plan.type) are not supported")
            }
            if !plan.type.isEmpty && !Self.types.contains(plan.type) {
                // What Open vSwitch says of types that it has never heard of.
                throw Failure(
                    text: "could not open network device \(plan.name) (Address family not supported by protocol)")
            }
            throw Failure(
                text: "could not open network device \(plan.name) (\(error.code))", isBusy: error.code == .busy)
        }
    }

    /// The interface types that `open` and the binding know.
    static let types = ["internal", "patch", "system", "tap"]

    /// Interface types that Open vSwitch has beside them.
    private static let tunnels: Set<String> = [
        "bareudp", "erspan", "geneve", "gre", "gtpu", "ip6erspan", "ip6gre", "lisp", "srv6", "stt", "vxlan",
    ]
}
