import Glibc
import Linux

/// The host's own decompressors, loaded when a kernel wants one: liblzma, zlib and libzstd are part of every Debian system
/// (dpkg needs them), and a monitor that starts a kernel packed otherwise never loads them.
///
/// z_stream and lzma_stream begin alike, on every 64-bit Linux: next_in at 0, avail_in at 8, next_out at 24, avail_out
/// at 32 (zlib.h, lzma/base.h).
enum StreamLibrary {
    private typealias Code = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
    private typealias End = @convention(c) (UnsafeMutableRawPointer) -> Int32

    static func lzma(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Int {
        let library = try load("liblzma.so.5", package: "liblzma5")
        typealias Open = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt32) -> Int32
        let stream = makeStream(input, output)
        defer { stream.deallocate() }
        let open = try library.symbol("lzma_auto_decoder", Open.self)
        guard open(stream, 256 << 20, 0) == 0 else { throw CompressionError("liblzma does not start") }
        // LZMA_RUN; LZMA_STREAM_END is 1. Debian's kernels have a filter for x86 code, which liblzma knows.
        let result = try library.symbol("lzma_code", Code.self)(stream, 0)
        let count = output.count - stream.load(fromByteOffset: 32, as: Int.self)
        _ = try library.symbol("lzma_end", End.self)(stream)
        guard result == 0 || result == 1 else {
            throw CompressionError("corrupt at byte \(count) (liblzma says \(result))")
        }
        return count
    }

    static func gzip(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Int {
        let library = try load("libz.so.1", package: "zlib1g")
        typealias Open = @convention(c) (UnsafeMutableRawPointer, Int32, UnsafePointer<CChar>, Int32) -> Int32
        let stream = makeStream(input, output)
        defer { stream.deallocate() }
        // 15 + 16: the largest window, a gzip header; 112: sizeof(z_stream).
        let open = try library.symbol("inflateInit2_", Open.self)
        guard open(stream, 31, "1.2.0", 112) == 0 else { throw CompressionError("zlib does not start") }
        let result = try library.symbol("inflate", Code.self)(stream, 0)
        let count = output.count - Int(stream.load(fromByteOffset: 32, as: UInt32.self))
        _ = try library.symbol("inflateEnd", End.self)(stream)
        guard result == 0 || result == 1 else {
            throw CompressionError("corrupt at byte \(count) (zlib says \(result))")
        }
        return count
    }

    static func zstd(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Int {
        let library = try load("libzstd.so.1", package: "libzstd1")
        typealias Find = @convention(c) (UnsafeRawPointer?, Int) -> Int
        typealias Unpack = @convention(c) (UnsafeMutableRawPointer?, Int, UnsafeRawPointer?, Int) -> Int
        typealias IsError = @convention(c) (Int) -> UInt32
        let isError = try library.symbol("ZSTD_isError", IsError.self)
        let size = try library.symbol("ZSTD_findFrameCompressedSize", Find.self)(input.baseAddress, input.count)
        guard isError(size) == 0 else { throw CompressionError("no whole zstd frame") }
        let count = try library.symbol("ZSTD_decompress", Unpack.self)(
            output.baseAddress, output.count, input.baseAddress, size)
        guard isError(count) == 0 else { throw CompressionError("corrupt") }
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

    private static func load(_ name: String, package: String) throws(CompressionError) -> DynamicLibrary {
        guard let library = DynamicLibrary(name) else {
            throw CompressionError("\(name) is not installed (Debian: apt install \(package))")
        }
        return library
    }
}

extension DynamicLibrary {
    fileprivate func symbol<Function>(_ name: String, _ type: Function.Type) throws(CompressionError) -> Function {
        guard let function = function(name, type) else { throw CompressionError("the library has no \(name)") }
        return function
    }
}
