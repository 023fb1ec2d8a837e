import HostNetwork
import Linux

/// The machine's rules for a lab's traffic to the outside.
enum AddressTranslation {
    static func remove(subnet: String, mark: String) {}
}
