import Board

/// Message-signalled interrupts that devices sent.
final class MessageLog: InterruptMessageSink {
    private(set) var messages: [MessageSignalledInterrupt] = []

    func send(_ message: MessageSignalledInterrupt) { messages.append(message) }

    func take() -> [MessageSignalledInterrupt] {
        defer { messages = [] }
        return messages
    }
}
