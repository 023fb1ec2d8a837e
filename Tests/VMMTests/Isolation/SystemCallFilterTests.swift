import Glibc
import Linux
import Testing

/// What a taken-over monitor could ask of the kernel: the filter is put on a thread of the test's, which then tries.
/// (Filters belong to threads; this one ends with its thread.)
@Suite struct SystemCallFilterTests {
    /// syscall(2), which Swift does not import because it is variadic; its arguments are passed like these.
    private typealias SystemCall = @convention(c) (Int, Int, Int, Int, Int, Int, Int) -> Int
    private static let systemCall = unsafeBitCast(dlsym(nil, "syscall"), to: SystemCall.self)

    /// - Returns: the result, or minus the errno.
    private static func call(
        _ number: Int, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0, _ e: Int = 0, _ f: Int = 0
    ) -> Int {
        let result = systemCall(number, a, b, c, d, e, f)
        return result == -1 ? -Int(errno) : result
    }

    private static func inThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        let thread = try NamespaceThread(name: "filtered")
        return try thread.run { () throws(any Error) -> Result in try body() }
    }

    private static let passwords = Array("/etc/passwd".utf8CString)
    private static let shell = Array("/bin/sh".utf8CString)

    /// Calls, and arguments with which they would work, or fail otherwise than by EPERM, where nothing is filtered.
    /// Numbers: arch/x86/entry/syscalls/syscall_64.tbl.
    private static let attempts: [(name: String, run: @Sendable () -> Int)] = [
        ("open", { passwords.withUnsafeBufferPointer { call(2, Int(bitPattern: $0.baseAddress)) } }),
        ("openat", { passwords.withUnsafeBufferPointer { call(257, -100, Int(bitPattern: $0.baseAddress)) } }),
        ("openat2", { passwords.withUnsafeBufferPointer { call(437, -100, Int(bitPattern: $0.baseAddress)) } }),
        ("socket of the Internet", { call(41, 2, 1, 0) }), ("socket of Unix", { call(41, 1, 1, 0) }),
        ("connect", { call(42, -1) }), ("bind", { call(49, -1) }),
        ("fork", { call(57) }), ("clone", { call(56, Int(SIGCHLD)) }),
        ("execve", { call(59, 0) }), ("execveat", { call(322, -1, 0, 0, 0, 0) }),
        ("ptrace", { call(101, 16, -1) }), ("process_vm_readv", { call(310, Int(getpid())) }),
        ("pidfd_open", { call(434, Int(getpid())) }), ("kill", { call(62, Int(getpid()), 0) }),
        ("mount", { call(165, 0, 0, 0, 0, 0) }), ("move_mount", { call(429, -1, 0, -1, 0) }),
        ("open_tree", { call(428, -100, 0, 0) }), ("pivot_root", { call(155, 0, 0) }), ("chroot", { call(161, 0) }),
        ("unshare", { call(272, 0) }), ("setns", { call(308, -1, 0) }),
        ("setuid", { call(105, Int(getuid())) }), ("capset", { call(126, 0, 0) }),
        ("bpf", { call(321, 0, 0, 0) }), ("perf_event_open", { call(298, 0, 0, -1, -1, 0) }),
        ("io_uring_setup", { call(425, 0, 0) }), ("userfaultfd", { call(323, 0xff_ffff) }),
        ("keyctl", { call(250, -1) }), ("init_module", { call(175, 0, 0, 0) }), ("reboot", { call(169, 0) }),
        ("memfd_create", { call(319, 0, 0) }), ("shmget", { call(29, 0, 4096, 0o600) }),
        ("setrlimit", { call(160, 7, 0) }), ("prctl(PR_SET_DUMPABLE)", { call(157, 4, 7) }),
        ("memory to be executed", { call(9, 0, 4096, 5, 0x22, -1, 0) }),
        ("keys typed into a terminal", { call(16, -1, 0x5412, 0) }),
    ]

    @Test func whatIsRefused() throws {
        for attempt in Self.attempts where !["fork", "clone"].contains(attempt.name) {
            #expect(attempt.run() != -Int(EPERM), "\(attempt.name) is refused without a filter: the test says nothing")
        }
        try Self.inThread {
            try Isolation.filterSystemCalls(allowsPaths: false)
            for attempt in Self.attempts { #expect(attempt.run() == -Int(EPERM), "\(attempt.name)") }
        }
    }

    /// What the monitor lives on: memory, files that are open, threads.
    @Test func whatIsLeft() throws {
        let (read, write) = try Pipe().split { (read, write) in (OwnedDescriptor(read), OwnedDescriptor(write)) }
        try Self.inThread {
            let shared = try MappedMemory(byteCount: 3 * 4096, shared: true)
            let window = try PageWindow()
            try Isolation.filterSystemCalls(allowsPaths: false)
            // Pages side by side that are not: the third, the first.
            let pages = try #require(window.show(shared.base + 2 * 4096, shared.base))
            pages.storeBytes(of: 0x0102_0304, toByteOffset: 4094, as: UInt32.self)
            #expect(shared.bytes[3 * 4096 - 1] == 3 && shared.bytes[0] == 2 && shared.bytes[4096] == 0)
            try write.descriptor.writeAll("still here")
            #expect(try read.descriptor.read(upTo: 64) == Array("still here".utf8))
            let large = [UInt8](repeating: 7, count: 64 << 20)
            #expect(large.first == 7 && large.last == 7)
            let other = try NamespaceThread(name: "second")
            #expect(other.run { getpid() } == getpid())
            #expect(MonotonicClock.now() > 0)
        }
    }

    /// With shared directories, one thread may name files, and the others may not.
    @Test func pathsAreForOneThread() throws {
        let open = { @Sendable in
            Self.passwords.withUnsafeBufferPointer { Self.call(257, -100, Int(bitPattern: $0.baseAddress)) }
        }
        try Self.inThread {
            try Isolation.filterSystemCalls(allowsPaths: true)
            let descriptor = open()
            #expect(descriptor >= 0)
            close(Int32(descriptor))
            try Isolation.refusePaths()
            #expect(open() == -Int(EPERM))
            let other = try NamespaceThread(name: "second")
            #expect(other.run { open() } == -Int(EPERM))
        }
    }

    /// The guardian can connect and kill; it can open no file and make no process either.
    @Test func guardian() throws {
        try Self.inThread {
            try Isolation.filterGuardianCalls()
            for attempt in Self.attempts where !["socket of Unix", "connect", "kill"].contains(attempt.name) {
                #expect(attempt.run() == -Int(EPERM), "\(attempt.name)")
            }
            let socket = Self.call(41, 1, 1, 0)
            #expect(socket >= 0)
            close(Int32(socket))
        }
    }
}
