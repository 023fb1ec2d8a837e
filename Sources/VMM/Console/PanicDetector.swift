import Board

/// Finds a kernel's last words in its console output, for guests without a panic device's driver:
///
///     Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)
///     (what the processor was doing)
///     ---[ end Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0) ]---
struct PanicDetector {
    private static let words = Array("Kernel panic - not syncing".utf8)
    private static let reasonLimit = 200

    private var matched = 0
    private var line: [UInt8]?
    /// What the kernel gives as the reason, once that line is whole.
    private(set) var reason: String?
    /// In the last line.
    private var isAtEnd = false
    /// The kernel has said everything, to the end of its last line.
    private(set) var isComplete = false

    /// Looks at more output.
    mutating func look(_ bytes: [UInt8]) {
        guard !isComplete else { return }
        for byte in bytes {
            if isAtEnd {
                if byte == 0x0a {
                    isComplete = true
                    return
                }
            } else if line != nil {
                if byte != 0x0a, byte != 0x0d, line!.count < Self.reasonLimit {
                    line!.append(byte)
                } else {
                    finishLine()
                }
            } else if byte == Self.words[matched] {
                // No proper prefix of the words ends as they begin, but for the first letter.
                matched += 1
                if matched < Self.words.count { continue }
                matched = 0
                // The second time: the last line.
                if reason == nil { line = [] } else { isAtEnd = true }
            } else {
                matched = byte == Self.words[0] ? 1 : 0
            }
        }
    }

    private mutating func finishLine() {
        // It is shown on terminals: no control characters of the guest's.
        let plain = (line ?? []).map { $0 < 0x20 || $0 >= 0x7f ? UInt8(ascii: "?") : $0 }
        let text = String(decoding: plain, as: UTF8.self)
        reason = String(text.drop { $0 == ":" || $0 == " " })
        line = nil
    }
}

/// Ends a machine whose kernel has panicked, when it has said everything or is silent for a while.
final class PanicWatch {
    /// How long the words after the first may take, in the machine's nanoseconds.
    private static let patience: UInt64 = 2_000_000_000

    private var detector = PanicDetector()
    private let clock: any MachineClock
    private let end: (String) -> Void
    private lazy var timer = DeviceTimer { [unowned self] in end(reason ?? "") }

    /// Why the kernel has panicked, if it has.
    var reason: String? { detector.reason }

    init(clock: any MachineClock, end: @escaping (_ reason: String) -> Void) {
        self.clock = clock
        self.end = end
    }

    /// With the device lock held.
    func look(_ bytes: [UInt8]) {
        let wasSeen = reason != nil
        detector.look(bytes)
        guard let reason else { return }
        if detector.isComplete {
            clock.cancel(timer)
            end(reason)
        } else if !wasSeen {
            clock.schedule(timer, at: clock.now + Self.patience)
        }
    }
}

extension Machine {
    /// Ends the machine when its kernel's last words are on the console. With the device lock held.
    func watchForPanic() {
        let watch = PanicWatch(clock: time) { [unowned self] reason in end(.panicked(reason)) }
        console.onOutput = { watch.look($0) }
        panicReason = { watch.reason }
    }
}
