import Glibc
import HostNetwork
import Linux

// Settings of the machine's kernel that a lab must change (forwarding for NAT, the size of the neighbour tables). Several
// labs may want the same one: each lists the value that it had before the first of them, and the last one that goes
// sets it back.

enum MachineSettings {
    /// Changes a setting unless it is right already.
    /// - Parameter isRight: whether a value will do as it is.
    static func set(
        _ path: String, to value: String, noting state: StateFile, where isRight: (String) -> Bool
    ) throws(LabError) {
        try locked { () throws(LabError) in
            let now = try labelled { () throws(SystemError) in trimmed(try File.readText(path)) }
            let earlier = original(path, besides: state.paths)
            if isRight(now) {
                // Another lab has set it: it must stay for us, too.
                if let earlier { try state.add(.setting(path: path, before: earlier)) }
                return
            }
            try state.add(.setting(path: path, before: earlier ?? now))
            try labelled { () throws(SystemError) in try File.writeValue(path, value) }
        }
    }

    /// Sets settings back, except those that another living lab lists.
    static func restore(_ settings: [AddressTranslation.SavedSetting], of own: LabPaths) {
        if settings.isEmpty { return }
        locked {
            for setting in settings where original(setting.path, besides: own) == nil {
                try? File.writeValue(setting.path, setting.value)
            }
        }
    }

    /// What another living lab says the setting was.
    private static func original(_ path: String, besides own: LabPaths) -> String? {
        for entry in LabLauncher.list() where entry.directory != own.directory && entry.isAlive {
            let listed = StateFile.read(entry.directory + "/state")
            for case .setting(path, let before) in listed { return before }
        }
        return nil
    }

    /// One lab at a time.
    private static func locked<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
        let root = try? File.open(LabPaths.root, O_RDONLY | O_DIRECTORY)
        if let root { flock(root.rawValue, LOCK_EX) }
        try body()
    }

    static func trimmed(_ text: String) -> String { String(text.prefix { $0 != "\n" }) }
}
