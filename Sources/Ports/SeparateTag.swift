import HostNetwork
import Switch

extension PacketRef {
    /// Puts a VLAN tag that came beside the frame back in front of its EtherType.
    func putBack(_ tag: PacketSocket.Tag) {
        // Nothing has been parsed yet.
        var layout = PacketLayout()
        _ = PacketEditing.pushVLAN(tpid: tag.tpid, tci: tag.tci, in: self, &layout)
    }
}
