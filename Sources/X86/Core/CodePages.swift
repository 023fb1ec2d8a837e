import Board
import CX86
import Synchronization

/// Which processors of a machine hold decoded code of which pages, so that a write anywhere reaches those it concerns.
///
/// A page's flag (`PageFlags.code`) is set while somebody holds code of it; stores that meet the flag come here, and
/// no translation buffer holds a page with the flag as writable. When a page gets the flag, the other processors may
/// still have it as writable: each is told, drops that translation, and since it may have used it meanwhile, the
/// page counts as written. So code is stale for no longer than until the writer's next block, which ends before it can tell
/// another processor of the write by an interrupt.
///
/// Writers tell after they have written: a processor that hears of it, drops its code and decodes it again finds the new bytes.
public final class CodePages: Sendable {
    private struct State {
        /// By page: a bit for each processor that holds code.
        var holders: [Int: UInt64] = [:]
        var processors: [(number: Int, inbox: CodeInbox)] = []
    }

    private let state = Mutex(State())
    private let memory: PhysicalMemory

    public init(memory: PhysicalMemory) {
        self.memory = memory
    }

    /// A processor joins; `inbox` gets what concerns it.
    func join(number: Int, inbox: CodeInbox) {
        precondition(number < 64)
        state.withLock { $0.processors.append((number, inbox)) }
    }

    /// `number` is about to hold code of `page` (a page's number in `memory.flags`).
    func hold(page: Int, by number: Int) {
        state.withLock { state in
            let before = state.holders[page] ?? 0
            state.holders[page] = before | 1 << UInt64(number)
            guard before == 0 else { return }
            memory.setFlags(PageFlags.code, page: page)
            for processor in state.processors where processor.number != number {
                processor.inbox.post(.protected(page: page))
            }
        }
    }

    /// `number` has dropped its code of `page`.
    func release(page: Int, by number: Int) {
        state.withLock { state in
            guard let before = state.holders[page] else { return }
            let after = before & ~(1 << UInt64(number))
            state.holders[page] = after == 0 ? nil : after
            if after == 0 { memory.clearFlags(PageFlags.code, page: page) }
        }
    }

    /// Bytes of `page` have been written, by `writer` (nil: a device). Everyone else who holds code of it is told.
    public func written(page: Int, range: Range<Int> = 0..<4096, by writer: Int? = nil) {
        state.withLock { state in
            guard let holders = state.holders[page] else { return }
            for processor in state.processors
            where processor.number != writer && holders & 1 << UInt64(processor.number) != 0 {
                processor.inbox.post(.written(page: page, range: range))
            }
        }
    }
}

/// What other threads tell a processor about code. The processor empties it before its next block.
final class CodeInbox: Sendable {
    enum Message: Sendable {
        /// These bytes were written: drop the blocks over them.
        case written(page: Int, range: Range<Int>)
        /// Somebody holds code of this page now: do not write to it behind their back.
        case protected(page: Int)
    }

    private let messages = Mutex([Message]())
    private nonisolated(unsafe) let requests: UnsafeMutableRawPointer

    /// - Parameter requests: the processor's word of requests.
    init(requests: UnsafeMutableRawPointer) {
        self.requests = requests
    }

    func post(_ message: Message) {
        messages.withLock { $0.append(message) }
        _ = cx86_fetch_or32(requests, Request.codeWritten)
    }

    func take() -> [Message] {
        messages.withLock { messages in
            defer { messages.removeAll(keepingCapacity: true) }
            return messages
        }
    }
}
