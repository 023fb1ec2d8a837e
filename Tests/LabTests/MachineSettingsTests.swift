import Glibc
import Linux
import Testbed
import Testing

@testable import Lab

@Suite struct MachineSettingsTests {
    /// A directory with a file "setting".
    private func withSetting(_ value: String, _ body: (MachineSettings, String) throws -> Void) throws {
        let root = TemporaryDirectory()
        let setting = root.path + "/setting"
        try File.write(setting, value + "\n")
        let settings = MachineSettings(directory: root.path + "/record")
        try withExtendedLifetime(root) { try body(settings, setting) }
    }

    private func value(_ path: String) -> Int? {
        // A file keeps the rest of a longer value, unlike one of /proc.
        (try? File.readText(path)).flatMap { Int($0.prefix { $0.isNumber }) }
    }

    private struct Claim {
        var path = ""
        var descriptor: OwnedDescriptor?
    }

    private func claim(_ room: Int, of setting: String, in settings: MachineSettings) throws -> Claim {
        var path = ""
        let descriptor = try settings.claim([.init(path: setting, need: .room(room), network: nil)]) { path = $0 }
        return Claim(path: path, descriptor: descriptor)
    }

    @Test func whatLabsNeedAddsUp() throws {
        try withSetting("10240") { settings, setting in
            let first = try claim(20_000, of: setting, in: settings)
            #expect(value(setting) == 21_024)
            let second = try claim(30_000, of: setting, in: settings)
            #expect(value(setting) == 51_024)
            MachineSettings.release(claim: first.path)
            #expect(value(setting) == 31_024)
            MachineSettings.release(claim: second.path)
            #expect(value(setting) == 10_240)
            #expect(!File.exists(settings.directory))
            withExtendedLifetime((first, second)) {}
        }
    }

    @Test func theClaimOfADeadLabCountsNoMore() throws {
        try withSetting("10240") { settings, setting in
            var dead: Claim? = try claim(20_000, of: setting, in: settings)
            let deadPath = dead?.path ?? ""
            dead = nil
            let living = try claim(30_000, of: setting, in: settings)
            #expect(value(setting) == 31_024)
            // What was before the dead lab is what is set back.
            MachineSettings.release(claim: deadPath)
            #expect(value(setting) == 31_024)
            MachineSettings.release(claim: living.path)
            #expect(value(setting) == 10_240)
        }
    }

    /// A lab in another network namespace does not see the neighbour tables' settings.
    @Test func aLabThatDoesNotSeeASettingLeavesItsRecord() throws {
        try withSetting("10240") { settings, setting in
            let lab = try claim(20_000, of: setting, in: settings)
            rename(setting, setting + ".hidden")
            let blind = try claim(20_000, of: setting + ".absent", in: settings)
            MachineSettings.release(claim: blind.path)
            rename(setting + ".hidden", setting)
            MachineSettings.release(claim: lab.path)
            #expect(value(setting) == 10_240)
            #expect(!File.exists(settings.directory))
        }
    }

    @Test func enoughIsLeftAlone() throws {
        try withSetting("10240") { settings, setting in
            let small = try claim(200, of: setting, in: settings)
            #expect(value(setting) == 10_240)
            MachineSettings.release(claim: small.path)
            #expect(value(setting) == 10_240)
        }
    }

    @Test func whatAnAdministratorSetsStays() throws {
        try withSetting("10240") { settings, setting in
            let lab = try claim(20_000, of: setting, in: settings)
            try File.write(setting, "99999\n")
            MachineSettings.release(claim: lab.path)
            #expect(value(setting) == 99_999)
            #expect(!File.exists(settings.directory))
        }
    }
}
