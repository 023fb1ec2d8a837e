import Glibc
import HostNetwork
import Linux

/// Tells when the kernel has cleared network namespaces away.
///
/// It does so in the background, in the order in which they are let go of, and says nothing about it. So one more
/// namespace is made and let go of last, with a TAP device in it whose descriptor belongs elsewhere: when the device is
/// gone (reading says EBADFD), those of all the namespaces before are, too.
struct LastNamespace: ~Copyable {
    private let tap: TAP
    private var network: OwnedDescriptor?

    init() throws(LabError) {
        let thread = try labelled { () throws(SystemError) in try NamespaceThread(name: "rookery-last") }
        let made = try thread.run { () throws(LabError) in
            try labelled { () throws(HostNetworkError) in try Self.make() }
        }
        tap = made.tap
        network = made.network
    }

    private struct Made: Sendable {
        let tap: TAP
        let network: OwnedDescriptor
    }

    private static func make() throws(HostNetworkError) -> Made {
        do throws(SystemError) { try Namespace.unshare(.network) } catch { throw .system(error) }
        let tap = try TAP.open("last")
        do throws(SystemError) {
            let home = try RouteSocket()
            try Namespace.unshare(.network)
            let network = OwnedDescriptor(try Namespace.current(.network))
            var batch = RouteBatch()
            batch.changeLink(.index(tap.index), .init(namespace: .descriptor(network.rawValue)))
            do throws(NetlinkError) { try home.run(batch) } catch {
                throw SystemError(error.request, code: error.code)
            }
            return Made(tap: tap, network: network)
        } catch { throw .system(error) }
    }

    /// Lets go of it and waits, at most 20 seconds.
    consuming func waitForEnd() {
        network = nil
        let deadline = MonotonicClock.now() + 20_000_000_000
        var byte: UInt8 = 0
        while MonotonicClock.now() < deadline {
            if read(tap.descriptor.rawValue, &byte, 1) < 0, errno == EBADFD { return }
            MonotonicClock.sleep(until: MonotonicClock.now() + 1_000_000)
        }
    }
}
