import Glibc
import Testing
import X86

/// kvm-unit-tests (https://gitlab.com/kvm-unit-tests/kvm-unit-tests), built elsewhere: `./configure && make` in a checkout, then
///
///     ROOKERY_KVM_UNIT_TESTS=<checkout> swift test -c release -Xswiftc -enable-testing --filter KVMUnitTests
///
/// runs what `x86/unittests.cfg` lists and this processor has, and prints the score.
@Suite(.enabled(if: getenv("ROOKERY_KVM_UNIT_TESTS") != nil, "ROOKERY_KVM_UNIT_TESTS names no checkout that was built"))
struct KVMUnitTests {
    /// An entry of `unittests.cfg`.
    struct Entry {
        var name: String
        var file = ""
        var arguments = ""
        var processorCount = 1
        var groups: [Substring] = []
        var accelerator = ""
    }

    enum Outcome: Equatable {
        case pass, skipped
        case fail(String)
    }

    /// What is not asked of this processor, and why.
    static let leftOut: [String: String] = [
        "ioapic": "the small machine has no I/O APIC",
        "intel_iommu": "no IOMMU",
        "asyncpf": "asynchronous page faults are not offered",
        "s3": "no ACPI",
        "syscall": "asks for a processor of AMD's: SYSCALL in compatibility mode",
        "hyperv_synic": "no Hyper-V", "hyperv_stimer": "no Hyper-V", "hyperv_clock": "no Hyper-V",
        "hyperv_connections": "no Hyper-V",
        "vmexit_inl_pmtimer": "no power management timer",
        "access_fep": "asks for KVM's forced emulation",
    ]

    /// What fails, and why.
    static let known: [String: String] = [
        "xapic": "its last part executes VMCALL, which a processor without KVM's interfaces has not"
    ]

    static func entries(_ text: String) -> [Entry] {
        var result: [Entry] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("["), line.hasSuffix("]") {
                result.append(Entry(name: String(line.dropFirst().dropLast())))
                continue
            }
            guard !result.isEmpty, !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") else { continue }
            let key = line[..<equals].filter { $0 != " " }
            var value = line[line.index(after: equals)...].drop { $0 == " " }
            if value.count >= 2, let quote = value.first, quote == "'" || quote == "\"", value.last == quote {
                value = value.dropFirst().dropLast()
            }
            let last = result.count - 1
            switch key {
            case "file": result[last].file = String(value)
            case "smp": result[last].processorCount = Int(value) ?? 1
            case "test_args": result[last].arguments = String(value)
            case "groups": result[last].groups = value.split(separator: " ")
            case "accel": result[last].accelerator = String(value)
            default: break
            }
        }
        return result
    }

    static func contents(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    static func run(_ entry: Entry, in directory: String) -> Outcome {
        guard let image = contents("\(directory)/\(entry.file)") else { return .skipped }
        let machine = SmallMachine(
            byteCount: 256 << 20, processorCount: entry.processorCount, isParavirtual: entry.name != "xapic")
        var arguments = entry.arguments
        if entry.name == "kvmclock_test" { arguments = "1000000 \(time(nil))" }
        guard machine.loadMultiboot(image, commandLine: "\(entry.file) \(arguments)") else {
            return .fail("no multiboot image")
        }
        let end = machine.run(seconds: 180)
        switch machine.exitCode {
        case 0: return .pass
        // 77 as exit status: skipped.
        case 38: return .skipped
        case let code?:
            let failures = machine.text.split(separator: "\n").filter { $0.hasPrefix("FAIL") }
            return .fail("exit \(code) " + failures.prefix(5).joined(separator: "; "))
        case nil: return .fail(end.map { "\($0)" } ?? "no end within 180 s")
        }
    }

    @Test func score() throws {
        let directory = String(cString: getenv("ROOKERY_KVM_UNIT_TESTS")) + "/x86"
        let text = try #require(KVMUnitTests.contents("\(directory)/unittests.cfg"))
        var counts = (pass: 0, fail: 0, skipped: 0)
        for entry in KVMUnitTests.entries(String(decoding: text, as: UTF8.self)) {
            guard KVMUnitTests.leftOut[entry.name] == nil, entry.accelerator != "kvm",
                !entry.groups.contains("vmx"), !entry.groups.contains("svm"), !entry.groups.contains("nodefault")
            else {
                counts.skipped += 1
                continue
            }
            let outcome = KVMUnitTests.run(entry, in: directory)
            print("\(entry.name): \(outcome)")
            switch outcome {
            case .pass: counts.pass += 1
            case .skipped: counts.skipped += 1
            case .fail(let reason):
                counts.fail += 1
                if KVMUnitTests.known[entry.name] == nil { Issue.record("\(entry.name): \(reason)") }
            }
        }
        print("kvm-unit-tests: \(counts.pass) pass, \(counts.fail) fail, \(counts.skipped) skipped")
        #expect(counts.pass > 0)
    }
}
