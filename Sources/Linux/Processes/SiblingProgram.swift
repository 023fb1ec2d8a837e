import Glibc

/// Programs that are installed together find each other: they lie in one directory.
public enum SiblingProgram {
    /// The program of this name beside the one that runs; nil: there is none.
    public static func path(_ name: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
        let own = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        guard let slash = own.lastIndex(of: "/") else { return nil }
        let path = String(own[...slash]) + name
        return File.exists(path) ? path : nil
    }
}
