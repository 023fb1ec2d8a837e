import Glibc
import HostNetwork
import Linux

// What this machine offers to a lab. Every check tries the thing itself where that costs nothing, instead of
// believing a version number.

enum MachineCheck {
    enum Grade: String, Encodable {
        case good
        /// Labs run, but something of theirs does not.
        case lacking
        /// Labs cannot run.
        case missing
    }

    struct Finding: Encodable {
        var subject: String
        var grade: Grade
        var found: String
        /// The command, or what else mends it.
        var remedy: String?
    }

    static func all() -> [Finding] {
        let root = geteuid() == 0
        let mayNamespace = userNamespaces()
        return [
            kernel(), privilege(root: root, userNamespaces: mayNamespace.grade == .good), tunnelDevice(), mayNamespace,
            ioUring(), cgroups(root: root), openFiles(), forwarding(root: root), addressTranslation(),
            kvm(),
        ] + guests() + programs()
    }

    static func kernel() -> Finding {
        var names = utsname()
        uname(&names)
        let release = withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        let isEnough = numbers.count == 2 && (numbers[0], numbers[1]) >= (5, 10)
        return Finding(
            subject: "kernel", grade: isEnough ? .good : .missing, found: "Linux \(release)",
            remedy: isEnough ? nil : "use Linux 5.10 or later")
    }

    static func privilege(root: Bool, userNamespaces: Bool) -> Finding {
        let effective = status("CapEff").flatMap { UInt64($0, radix: 16) } ?? 0
        let mayNetwork = effective >> 12 & 1 == 1  // CAP_NET_ADMIN, linux/capability.h
        let mayMount = effective >> 21 & 1 == 1  // CAP_SYS_ADMIN
        if mayNetwork, mayMount {
            return Finding(subject: "privilege", grade: .good, found: root ? "root" : "CAP_NET_ADMIN and CAP_SYS_ADMIN")
        }
        if userNamespaces {
            return Finding(
                subject: "privilege", grade: .lacking, found: "none: labs run in a user namespace, without NAT",
                remedy: root ? "give the container --privileged" : "sudo rookery …")
        }
        return Finding(
            subject: "privilege", grade: .missing, found: "neither CAP_NET_ADMIN nor user namespaces",
            remedy: root ? "give the container --cap-add NET_ADMIN,SYS_ADMIN" : "sudo rookery …")
    }

    static func tunnelDevice() -> Finding {
        let path = "/dev/net/tun"
        do {
            _ = try File.open(path, O_RDWR)
            return Finding(subject: path, grade: .good, found: "can be opened")
        } catch {
            let remedy =
                switch error.code {
                case .noSuchFile: "modprobe tun; or in a container: --device /dev/net/tun"
                case .accessDenied, .notPermitted: "chmod 666 /dev/net/tun"
                default: "modprobe tun"
                }
            return Finding(subject: path, grade: .missing, found: "\(error.code)", remedy: remedy)
        }
    }

    /// Tried in a child, which then is the one that is in the namespaces.
    static func userNamespaces() -> Finding {
        let maximum = (try? File.readText("/proc/sys/user/max_user_namespaces")).flatMap { Int(trimmed($0)) }
        var spawn = Spawn("true")
        spawn.freshNamespaces = [.user, .network]
        do {
            _ = try spawn.start().wait()
            return Finding(subject: "user namespaces", grade: .good, found: "yes: labs run without root")
        } catch {
            let remedy =
                maximum == 0
                ? "sysctl -w user.max_user_namespaces=15000" : "sysctl -w kernel.unprivileged_userns_clone=1"
            return Finding(subject: "user namespaces", grade: .lacking, found: "no: \(error)", remedy: remedy)
        }
    }

    static func ioUring() -> Finding {
        do {
            _ = try IOUring(submissions: 8, completions: 16)
            return Finding(subject: "io_uring", grade: .good, found: "yes, with multishot reads and buffer rings")
        } catch {
            let disabled = (try? File.readText("/proc/sys/kernel/io_uring_disabled")).map(trimmed)
            return Finding(
                subject: "io_uring", grade: .lacking, found: "no, epoll instead: \(error)",
                remedy: disabled.map { $0 != "0" } == true
                    ? "sysctl -w kernel.io_uring_disabled=0" : "use Linux 6.7 or later for the fastest packet path")
        }
    }

    static func cgroups(root: Bool) -> Finding {
        guard let trees = try? CgroupHierarchies.detect() else {
            return Finding(
                subject: "cgroups", grade: .lacking, found: "not mounted: hosts have no limits",
                remedy: "mount -t cgroup2 none /sys/fs/cgroup")
        }
        let found = CgroupController.allCases.compactMap { controller in
            trees.tree(with: controller).map { "\(controller.rawValue) (v\($0.version))" }
        }
        let lacking = CgroupController.allCases.filter { trees.tree(with: $0) == nil }.map(\.rawValue)
        let canWrite = trees.trees.contains { access($0.ownDirectory, W_OK) == 0 }
        if !lacking.isEmpty || !canWrite {
            let why =
                lacking.isEmpty ? "not writable" : "without \(lacking.joined(separator: ", "))"
            return Finding(
                subject: "cgroups", grade: .lacking,
                found: (found.isEmpty ? "none" : found.joined(separator: " ")) + ", \(why)",
                remedy: root
                    ? "give the container a writable cgroup: --cgroupns private"
                    : "systemd-run --user --scope -p Delegate=yes rookery …")
        }
        return Finding(subject: "cgroups", grade: .good, found: found.joined(separator: " "))
    }

    static func openFiles() -> Finding {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        // A host takes a TAP and a handful of namespace descriptors.
        let hosts = Int(min(limit.rlim_max, 1 << 30)) / 8
        let found = "\(limit.rlim_cur) (at most \(limit.rlim_max)): about \(hosts) hosts"
        return Finding(
            subject: "open files", grade: hosts >= 1000 ? .good : .lacking, found: found,
            remedy: hosts >= 1000 ? nil : "ulimit -Hn 1048576, or LimitNOFILE= in the unit")
    }

    static func forwarding(root: Bool) -> Finding {
        let path = "/proc/sys/net/ipv4/ip_forward"
        let isOn = (try? File.readText(path)).map(trimmed) == "1"
        return Finding(
            subject: "ip_forward", grade: isOn || root ? .good : .lacking,
            found: isOn ? "on" : "off; only labs with NAT need it" + (root ? ", and switch it on" : ""),
            remedy: isOn || root ? nil : "sysctl -w net.ipv4.ip_forward=1")
    }

    static func addressTranslation() -> Finding {
        for name in ["nft", "iptables"] where find(name) != nil {
            return Finding(subject: "NAT", grade: .good, found: "by \(name)")
        }
        return Finding(
            subject: "NAT", grade: .lacking, found: "neither nft nor iptables: labs stay inside",
            remedy: install("nftables"))
    }

    static func programs() -> [Finding] {
        let wanted = [
            ("ping", "iputils-ping", "hosts' own ping"), ("ip", "iproute2", "hosts' own ip, mn --arp"),
            ("bash", "bash", "hosts' shells in the CLI"), ("iperf", "iperf", "iperf of the CLI"),
            ("iperf3", "iperf3", "iperf of the CLI, without iperf"), ("tcpdump", "tcpdump", "capture without -w"),
            ("curl", "curl", "the demo"), ("python3", "python3", "mn --custom, py and px"),
        ]
        return wanted.map { name, package, use in
            if let path = find(name) { return Finding(subject: name, grade: .good, found: path) }
            return Finding(subject: name, grade: .lacking, found: "absent: needed for \(use)", remedy: install(package))
        }
    }

    /// Where PATH has a program.
    static func find(_ name: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/sbin:/usr/bin:/sbin:/bin"
        return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    static func install(_ package: String) -> String {
        for (tool, command) in [("apt", "apt install"), ("dnf", "dnf install"), ("apk", "apk add")]
        where find(tool) != nil {
            return "\(command) \(package)"
        }
        return "install \(package)"
    }

    private static func status(_ key: String) -> String? {
        guard let text = try? File.readText("/proc/self/status") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix(key + ":") {
            return trimmed(String(line.dropFirst(key.count + 1)))
        }
        return nil
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
