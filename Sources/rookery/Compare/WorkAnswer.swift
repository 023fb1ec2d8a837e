/// What `rookery-work` says of a work.
struct WorkAnswer: Equatable, Sendable {
    var operations: UInt64
    /// By the clock of whoever ran it.
    var nanoseconds: UInt64
    /// Datagrams: how many arrived, and the time between the first and the last at the other end; otherwise 0.
    var delivered: UInt64
    var deliveryNanoseconds: UInt64
    /// Interrupts that its system took meanwhile: of devices but the console, and of timers.
    var deviceInterrupts: UInt64
    var timerInterrupts: UInt64

    /// Reads a line behind `work: `.
    /// - Throws: what the program says that has failed.
    init(_ line: some StringProtocol) throws(CommandError) {
        let words = line.split(separator: " ")
        if words.first == "failed" {
            throw CommandError("the work has failed: \(words.dropFirst().joined(separator: " "))")
        }
        let numbers = words.dropFirst().compactMap { UInt64($0) }
        guard words.first == "ok", words.count == 7, numbers.count == 6, numbers[0] > 0 else {
            throw CommandError("rookery-work says '\(line)'", remedy: "it may be of another version")
        }
        operations = numbers[0]
        nanoseconds = numbers[1]
        delivered = numbers[2]
        deliveryNanoseconds = numbers[3]
        deviceInterrupts = numbers[4]
        timerInterrupts = numbers[5]
    }
}
