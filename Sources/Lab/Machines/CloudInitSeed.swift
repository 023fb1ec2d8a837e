import GuestImages
import Topology
import Wire

/// A disk that tells cloud-init in a guest who it is: the data source NoCloud, a file system called cidata
/// (cloudinit.readthedocs.io, "NoCloud" and "Networking config version 2").
struct CloudInitSeed {
    let lab: String
    let node: LabTopology.Node

    /// The disk image.
    var image: [UInt8] {
        var disk = ISO9660(label: "cidata")
        disk.add(file: "meta-data", metaData)
        disk.add(file: "user-data", userData)
        disk.add(file: "network-config", networkConfiguration)
        return disk.image()
    }

    /// Another lab's guest of the same name is another instance.
    var metaData: String { "instance-id: \(lab)-\(node.name)\nlocal-hostname: \(node.name)\n" }

    var userData: String {
        var text = "#cloud-config\nhostname: \(node.name)\nmanage_etc_hosts: true\n"
        let files = node.machine?.files ?? []
        if !files.isEmpty {
            text += "mounts:\n"
            for (index, files) in files.enumerated() {
                let options = "trans=virtio,version=9p2000.L,nofail" + (files.isReadOnly ? ",ro" : "")
                text += "- [files\(index), \"\(files.mountPoint)\", 9p, \"\(options)\", \"0\", \"0\"]\n"
            }
        }
        return text
    }

    var networkConfiguration: String {
        var text = "version: 2\nethernets:\n"
        for (index, interface) in node.interfaces.enumerated() {
            let name = "eth\(index)"
            text += "  \(name):\n"
            if let mac = interface.mac { text += "    match: {macaddress: \"\(mac)\"}\n    set-name: \(name)\n" }
            text += "    dhcp4: false\n    dhcp6: false\n"
            let addresses = interface.ipv4.map(\.description) + interface.ipv6.map(\.description)
            if !addresses.isEmpty {
                text += "    addresses: [" + addresses.map { "\"\($0)\"" }.joined(separator: ", ") + "]\n"
            }
            if let mtu = interface.mtu { text += "    mtu: \(mtu)\n" }
            let routes = node.host.routes.filter { ($0.interface ?? node.interfaces[0].name) == interface.name }
                .compactMap { route in route.via.map { (route, via: $0) } }
            if routes.isEmpty { continue }
            text += "    routes:\n"
            for (route, via) in routes {
                let everything = route.isIPv6 ? "::/0" : "0.0.0.0/0"
                let destination = route.destination == "default" ? everything : route.destination
                text +=
                    "    - {to: \"\(destination)\", via: \"\(via)\"" + (route.metric.map { ", metric: \($0)" } ?? "")
                    + "}\n"
            }
        }
        return text
    }
}
