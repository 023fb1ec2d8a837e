/// The host's memory.
public enum HostMemory {
    /// What could be given to a program now without swapping (MemAvailable of proc(5)); everything where it cannot be told.
    public static var availableByteCount: UInt64 {
        guard let text = try? File.readText("/proc/meminfo") else { return .max }
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            let number = line.split(separator: " ").dropFirst().first.flatMap { UInt64($0) }
            return number.map { $0 << 10 } ?? .max
        }
        return .max
    }
}
