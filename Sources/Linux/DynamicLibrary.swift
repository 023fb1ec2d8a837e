import Glibc

/// A shared library that is loaded when it is needed (dlopen(3)), and stays.
public struct DynamicLibrary: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer

    /// - Parameter name: the library's soname, looked for where the loader looks; nil where it is not installed.
    public init?(_ name: String) {
        guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { return nil }
        self.handle = handle
    }

    /// A function of the library's, as a `@convention(c)` function type that the caller vouches for.
    public func function<Function>(_ name: String, _ type: Function.Type) -> Function? {
        dlsym(handle, name).map { unsafeBitCast($0, to: type) }
    }
}
