import Glibc

/// The programs of this package, as they were built with the tests: beside the tests' own.
public enum BuiltPrograms {
    public static let folder: String = {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
        let path = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }()

    public static func path(_ name: String) -> String { "\(folder)/\(name)" }
}
