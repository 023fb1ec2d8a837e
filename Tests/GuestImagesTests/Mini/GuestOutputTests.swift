import Testbed
import Testing

@testable import GuestImages

struct GuestOutputTests {
    private let stream = Array(
        "booting\u{1b}[0m\n\u{1b}]rookery;ready\u{7}out\u{1b}]0;title\u{7}put\n\u{1b}]rookery;exit=3\u{7}bye".utf8)

    /// However the bytes are cut, the parts are the same.
    @Test func anyCut() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<300 {
            var output = GuestOutput()
            var parts: [GuestOutput.Part] = []
            var rest = stream[...]
            while !rest.isEmpty {
                let count = 1 + random.below(rest.count)
                parts += output.take(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            parts += output.finish()
            var boot: [UInt8] = []
            var text: [UInt8] = []
            var status: Int32?
            for part in parts {
                switch part {
                case .log(let bytes): boot += bytes
                case .output(let bytes): text += bytes
                case .exit(let number): status = number
                case .ready: break
                }
            }
            #expect(String(decoding: boot, as: UTF8.self) == "booting\u{1b}[0m\nbye")
            #expect(String(decoding: text, as: UTF8.self) == "out\u{1b}]0;title\u{7}put\n")
            #expect(status == 3)
        }
    }

    @Test(.enabled(if: Machine.has("busybox"), "busybox is not installed"))
    func wordsStayWords() throws {
        let words = ["a b", "it's", "$HOME", "\\n\"", "", "*", "ünï", "line\nbreak"]
        let script = GuestCommand(["printf", "%s|"] + words).script
        let run = try ProgramRun(["busybox", "sh", "-c", script])
        #expect(run.output == words.map { $0 + "|" }.joined())
    }
}
