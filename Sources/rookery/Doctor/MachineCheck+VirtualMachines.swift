import Linux

// What virtual machines find here.

extension MachineCheck {
    /// KVM, measured: some hosts offer one that emulates the kernel's half of a guest, an instruction at a time.
    static func kvm() -> Finding {
        guard let monitor = SiblingProgram.path("rookery-vmm") else {
            return Finding(
                subject: "/dev/kvm", grade: .lacking, found: "not tried: rookery-vmm is not beside this program",
                remedy: "make build")
        }
        guard let text = try? ProgramOutput.of(monitor, [monitor, "--measure"]) else {
            return Finding(
                subject: "/dev/kvm", grade: .lacking, found: "not tried: \(monitor) does not run",
                remedy: "make build")
        }
        return kvm(measured: text)
    }

    /// - Parameter text: what `rookery-vmm --measure` has printed.
    static func kvm(measured text: String) -> Finding {
        var rates: [Substring: Double] = [:]
        var reason = "it cannot be used"
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 2)
            if words.count == 2 { rates[words[0]] = Double(words[1]) }
            if words.count == 3, words[0] == "kvm" { reason = String(words[2]) }
        }
        guard let software = rates["software"], software > 0 else {
            return Finding(
                subject: "/dev/kvm", grade: .lacking, found: "the processor in software does not run: \(text)",
                remedy: "make build")
        }
        guard let kvm = rates["kvm"] else {
            // "cannot use hardware virtualization '/dev/kvm': no such file (load the module …)"
            return Finding(
                subject: "/dev/kvm", grade: .lacking,
                found: "no; virtual machines run on the processor in software",
                remedy: reason.firstIndex(of: "(").map { String(reason[reason.index(after: $0)...].dropLast()) }
                    ?? reason)
        }
        if kvm < software {
            return Finding(
                subject: "/dev/kvm", grade: .lacking,
                found:
                    "emulates only: the processor in software is \(factor(software / kvm)) times as fast, and is taken",
                remedy: "a host with VT-x or AMD-V; in a virtual machine, nested virtualization")
        }
        return Finding(
            subject: "/dev/kvm", grade: .good,
            found: "yes, \(factor(kvm / software)) times as fast as the processor in software")
    }

    private static func factor(_ ratio: Double) -> String {
        ratio < 10 ? "\((ratio * 10).rounded() / 10)" : "\(Int(ratio))"
    }

    /// What guests are made of.
    static func guests() -> [Finding] {
        let tools = ["apt-get", "apt-cache", "dpkg-deb"].filter { find($0) == nil }
        var findings = [
            tools.isEmpty
                ? Finding(subject: "guests' images", grade: .good, found: "can be made, with apt and dpkg")
                : Finding(
                    subject: "guests' images", grade: .lacking,
                    found: "cannot be made: \(tools.joined(separator: ", ")) is absent",
                    remedy: "make them on a Debian host, and copy /var/cache/rookery")
        ]
        let firmware = "/usr/share/seabios/bios-256k.bin"
        findings.append(
            File.exists(firmware)
                ? Finding(subject: "seabios", grade: .good, found: firmware)
                : Finding(
                    subject: "seabios", grade: .lacking,
                    found: "absent: needed for full machines that boot from a disk",
                    remedy: install("seabios")))
        return findings
    }
}
