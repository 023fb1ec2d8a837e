import Glibc

/// The machine's number for an interface.
enum InterfaceIndex {
    /// nil where there is no interface of that name in the calling thread's network namespace.
    static func of(_ name: String) -> Int32? {
        let index = if_nametoindex(name)
        return index == 0 ? nil : Int32(bitPattern: index)
    }
}
