import HostNetwork
import Topology

/// Names for a lab's interfaces in the machine's own network namespace.
enum MachineInterfaceName {
    /// - Parameter isTaken: whether the machine has an interface of that name.
    /// - Throws: where the name is not ours to choose and cannot be had.
    static func choose(
        for interface: String, of node: LabTopology.Node, lab: String, isTaken: (String) -> Bool
    ) throws(LabError) -> String {
        if node.kind == .machine {
            // The user has named it; somebody else may rely on that name.
            if isTaken(interface) {
                throw LabError(
                    "the machine has an interface “\(interface)” already (ip link shows it): "
                        + "give the lab's another name, or attach the existing one as physical:\(interface)")
            }
            return interface
        }
        // eth0, eth1 … are for the machine's own hardware, now or when it is plugged in.
        let isHardwareName = interface.hasPrefix("eth") && interface.dropFirst(3).allSatisfy(\.isNumber)
        let isValid = (try? InterfaceName.validate(interface)) != nil
        if isValid, !isHardwareName, !isTaken(interface) { return interface }
        var hash = Fabric.hash("\(lab):\(node.name):\(interface)")
        let stem = node.name.utf8.prefix(8).allSatisfy { $0 < 0x80 } ? String(node.name.prefix(8)) : "lab"
        while true {
            let digits = String(hash & 0xff_ffff | 0x100_0000, radix: 16).dropFirst()
            let name = "\(stem)-\(digits)"
            if !isTaken(name) { return name }
            hash = Fabric.hash(name)
        }
    }
}
