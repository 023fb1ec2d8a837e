import Glibc
import Linux
import Testbed
import VirtualMachine

/// The monitor's process with a small kernel, in a directory that goes with the test.
final class MonitorBench {
    let directory = TemporaryDirectory()

    func configuration(_ code: [UInt8] = TestKernel.talking) throws -> VMConfiguration {
        var configuration = VMConfiguration(name: "test")
        configuration.memory = 32 << 20
        configuration.cpu = .software
        configuration.kernel = try write("vmlinux", TestKernel.elf(code: code))
        configuration.runDirectory = "\(directory.path)/run"
        return configuration
    }

    /// - Returns: the file's path.
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = "\(directory.path)/\(name)"
        let file = try File.open(path, O_WRONLY | O_CREAT | O_TRUNC)
        try bytes.withUnsafeBytes { try file.writeAll($0) }
        return path
    }

    func start(_ configuration: VMConfiguration) throws -> VMClient {
        try VMLauncher.start(configuration, executable: BuiltPrograms.path("rookery-vmm"), endsWithCaller: true)
    }

    func start(_ code: [UInt8] = TestKernel.talking) throws -> VMClient { try start(try configuration(code)) }
}
