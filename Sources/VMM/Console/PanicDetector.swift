/// Finds a kernel's last words in its console output, for guests without a panic device's driver.
struct PanicDetector {
    private static let words = Array("Kernel panic - not syncing".utf8)
    private var matched = 0
    private(set) var hasSeen = false

    /// Looks at more output.
    mutating func look(_ bytes: [UInt8]) {
        guard !hasSeen else { return }
        for byte in bytes {
            // No proper prefix of the words ends as they begin, but for the first letter.
            if byte == Self.words[matched] {
                matched += 1
                if matched == Self.words.count {
                    hasSeen = true
                    return
                }
            } else {
                matched = byte == Self.words[0] ? 1 : 0
            }
        }
    }
}

extension Machine {
    /// Ends the machine when its kernel's last words are on the console. With the device lock held.
    func watchForPanic() {
        var detector = PanicDetector()
        console.onOutput = { [unowned self] bytes in
            detector.look(bytes)
            if detector.hasSeen { end(.panicked) }
        }
    }
}
