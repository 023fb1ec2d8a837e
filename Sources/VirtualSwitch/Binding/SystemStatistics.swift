import Glibc
import Linux

/// How the machine is: what the database shows while `other_config:enable-statistics` is set
/// (ovs-vswitchd.conf.db(5), Open_vSwitch table, `statistics`).
struct SystemStatistics {
    /// Where the pid files are of the processes that it tells of.
    var runDirectory: String

    /// The column's keys and values. What cannot be found out is left out.
    func read() -> [String: String] {
        var result: [String: String] = [:]
        result["cpu"] = String(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        result["load_average"] = Self.loadAverage()
        result["memory"] = (try? File.readText("/proc/meminfo")).map(Self.memory)
        for name in (try? File.list(runDirectory)) ?? [] where name.hasSuffix(".pid") {
            let key = "process_" + name.dropLast(4)
            guard let text = try? File.readText("\(runDirectory)/\(name)"),
                let pid = Int(text.prefix { $0.isNumber })
            else { continue }
            result[key] = Self.process(pid) ?? ""
        }
        let systems = (try? File.readText("/proc/self/mounts")).map(Self.fileSystems) ?? ""
        if !systems.isEmpty { result["file_systems"] = systems }
        return result
    }

    private static func loadAverage() -> String? {
        var loads = [0.0, 0.0, 0.0]
        guard getloadavg(&loads, 3) == 3 else { return nil }
        return loads.map(decimal).joined(separator: ",")
    }

    /// A number with two decimal places.
    static func decimal(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }

    /// Memory, what of it is used, the caches in that, swap space, and what of that is used, in KiB; from /proc/meminfo.
    static func memory(_ text: String) -> String {
        var values: [Substring: Int] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            values[parts[0]] = Int(parts[1].drop { $0 == " " }.prefix { $0.isNumber })
        }
        func value(_ name: Substring) -> Int { values[name] ?? 0 }
        let fields = [
            value("MemTotal"), value("MemTotal") - value("MemFree"), value("Buffers") + value("Cached"),
            value("SwapTotal"), value("SwapTotal") - value("SwapFree"),
        ]
        return fields.map(String.init).joined(separator: ",")
    }

    /// Size and memory in KiB, processor time in ms, crashes, ms since it first started and since it last did, and the
    /// processor that it is on.
    private static func process(_ pid: Int) -> String? {
        guard let stat = try? File.readText("/proc/\(pid)/stat"), let uptime = try? File.readText("/proc/uptime"),
            let now = Double(uptime.prefix { $0 != " " })
        else { return nil }
        return process(
            stat, now: now, ticks: sysconf(Int32(_SC_CLK_TCK)), pageSize: sysconf(Int32(_SC_PAGESIZE)))
    }

    /// - Parameters:
    ///   - stat: what /proc/PID/stat says (proc(5)).
    ///   - now: seconds since the machine started.
    static func process(_ stat: String, now: Double, ticks: Int, pageSize: Int) -> String? {
        // The name may hold anything, parentheses too.
        guard let end = stat.lastIndex(of: ")") else { return nil }
        // From field 3, the state, on.
        let words = stat[end...].dropFirst().split(separator: " ").map { Int($0) ?? 0 }
        func field(_ number: Int) -> Int { words[number - 3] }
        guard words.count >= 37, ticks > 0 else { return nil }
        let age = max(0, Int(now * 1000) - field(22) * 1000 / ticks)
        let values = [
            field(23) / 1024, field(24) * (pageSize / 1024), (field(14) + field(15)) * 1000 / ticks, 0, age, age,
            field(39),
        ]
        return values.map(String.init).joined(separator: ",")
    }

    /// Local file systems that can be written to: their places, sizes and what of these is used, in KiB.
    private static func fileSystems(_ mounts: String) -> String {
        let systems: [String] = places(mounts).compactMap { place in
            var status = statvfs()
            guard statvfs(place, &status) == 0 else { return nil }
            let unit = UInt64(status.f_frsize)
            let total = unit * UInt64(status.f_blocks) / 1024
            let name = place.map { $0 == " " || $0 == "," ? "_" : String($0) }.joined()
            return "\(name),\(total),\(total - unit * UInt64(status.f_bfree) / 1024)"
        }
        return systems.joined(separator: " ")
    }

    /// Where local file systems are that can be written to, from /proc/mounts (fstab(5)).
    static func places(_ mounts: String) -> [String] {
        mounts.split(separator: "\n").compactMap { line -> String? in
            let words = line.split(separator: " ")
            guard words.count >= 4, words[0].hasPrefix("/dev"), words[3].split(separator: ",").contains("rw") else {
                return nil
            }
            return String(words[1].replacing("\\040", with: " "))
        }
    }
}
