/// The host's own decompressors, loaded when something wants one: zlib, liblzma and libzstd are part of every Debian system
/// (dpkg needs them), and a program that unpacks nothing never loads them. They stay; an isolated process, which cannot
/// open files any more, asks for them before (`load`).
///
/// z_stream and lzma_stream begin alike, on every 64-bit Linux: next_in at 0, avail_in at 8, next_out at 24, avail_out
/// at 32 (zlib.h, lzma/base.h).
public enum StreamLibrary: Sendable {
    case zlib, lzma, zstd

    private static let zlibLibrary = DynamicLibrary("libz.so.1")
    private static let lzmaLibrary = DynamicLibrary("liblzma.so.5")
    private static let zstdLibrary = DynamicLibrary("libzstd.so.1")

    /// Loads the library, if it is there.
    public func load() { _ = try? library() }

    private func library() throws(DecompressionError) -> DynamicLibrary {
        let (library, name, package) =
            switch self {
            case .zlib: (Self.zlibLibrary, "libz.so.1", "zlib1g")
            case .lzma: (Self.lzmaLibrary, "liblzma.so.5", "liblzma5")
            case .zstd: (Self.zstdLibrary, "libzstd.so.1", "libzstd1")
            }
        guard let library else {
            throw DecompressionError("\(name) is not installed (Debian: apt install \(package))")
        }
        return library
    }

    private typealias Code = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
    private typealias End = @convention(c) (UnsafeMutableRawPointer) -> Int32

    /// Unpacks .xz or .lzma data, until `output` is full or the data ends. Returns the bytes written.
    public static func unpackLZMA(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(DecompressionError) -> Int {
        let library = try StreamLibrary.lzma.library()
        typealias Open = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt32) -> Int32
        let stream = makeStream(input, output)
        defer { stream.deallocate() }
        let open = try library.symbol("lzma_auto_decoder", Open.self)
        guard open(stream, 256 << 20, 0) == 0 else { throw DecompressionError("liblzma does not start") }
        // LZMA_RUN; LZMA_STREAM_END is 1. Debian's kernels have a filter for x86 code, which liblzma knows.
        let result = try library.symbol("lzma_code", Code.self)(stream, 0)
        let count = output.count - stream.load(fromByteOffset: 32, as: Int.self)
        _ = try library.symbol("lzma_end", End.self)(stream)
        guard result == 0 || result == 1 else {
            throw DecompressionError("corrupt at byte \(count) (liblzma says \(result))")
        }
        return count
    }

    /// How deflated data is wrapped.
    public enum Deflate: Sendable { case gzip, raw }

    /// Unpacks deflated data (RFC 1951), until `output` is full or the data ends. Returns the bytes written.
    public static func inflate(
        _ format: Deflate, _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(DecompressionError) -> Int {
        let library = try StreamLibrary.zlib.library()
        typealias Open = @convention(c) (UnsafeMutableRawPointer, Int32, UnsafePointer<CChar>, Int32) -> Int32
        let stream = makeStream(input, output)
        defer { stream.deallocate() }
        // The largest window, 15, with a gzip header (+ 16) or without any (negative); 112: sizeof(z_stream).
        let open = try library.symbol("inflateInit2_", Open.self)
        guard open(stream, format == .gzip ? 31 : -15, "1.2.0", 112) == 0 else {
            throw DecompressionError("zlib does not start")
        }
        let result = try library.symbol("inflate", Code.self)(stream, 0)
        let left = Int(stream.load(fromByteOffset: 32, as: UInt32.self))
        _ = try library.symbol("inflateEnd", End.self)(stream)
        // Z_STREAM_END; or no room, where the rest is of no interest (Z_OK, Z_BUF_ERROR).
        guard result == 1 || left == 0 && (result == 0 || result == -5) else {
            throw DecompressionError("corrupt or cut off at byte \(output.count - left) (zlib says \(result))")
        }
        return output.count - left
    }

    /// Unpacks one zstd frame (RFC 8878). Returns the bytes written.
    public static func unpackZstd(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(DecompressionError) -> Int {
        let library = try StreamLibrary.zstd.library()
        typealias Find = @convention(c) (UnsafeRawPointer?, Int) -> Int
        typealias Unpack = @convention(c) (UnsafeMutableRawPointer?, Int, UnsafeRawPointer?, Int) -> Int
        typealias IsError = @convention(c) (Int) -> UInt32
        let isError = try library.symbol("ZSTD_isError", IsError.self)
        let size = try library.symbol("ZSTD_findFrameCompressedSize", Find.self)(input.baseAddress, input.count)
        guard isError(size) == 0 else { throw DecompressionError("no whole zstd frame") }
        let count = try library.symbol("ZSTD_decompress", Unpack.self)(
            output.baseAddress, output.count, input.baseAddress, size)
        guard isError(count) == 0 else { throw DecompressionError("corrupt") }
        return count
    }

    private static func makeStream(
        _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) -> UnsafeMutableRawPointer {
        let stream = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 16)
        stream.initializeMemory(as: UInt8.self, repeating: 0, count: 256)
        stream.storeBytes(of: input.baseAddress, as: UnsafeRawPointer?.self)
        stream.storeBytes(of: input.count, toByteOffset: 8, as: Int.self)
        stream.storeBytes(of: output.baseAddress, toByteOffset: 24, as: UnsafeMutableRawPointer?.self)
        stream.storeBytes(of: output.count, toByteOffset: 32, as: Int.self)
        return stream
    }
}

extension DynamicLibrary {
    fileprivate func symbol<Function>(_ name: String, _ type: Function.Type) throws(DecompressionError) -> Function {
        guard let function = function(name, type) else { throw DecompressionError("the library has no \(name)") }
        return function
    }
}

/// Why packed bytes cannot be unpacked.
public struct DecompressionError: Error, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
