import Testbed
import Testing

@testable import OVSDB

@Suite struct SHA1Tests {
    /// FIPS 180-4's examples, and lengths around the block's.
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ), (String(repeating: "a", count: 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
    ])
    func digestsOfTheStandard(text: String, digest: String) {
        #expect(Array(text.utf8).withUnsafeBytes { SHA1.digest($0) } == digest)
    }

    @Test func agreesWithSha1sum() throws {
        for count in [1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128] {
            let text = String(repeating: "x", count: count)
            let theirs = try ProgramRun.toolOutput("sh", "-c", "printf %s \(text) | sha1sum").prefix(40)
            #expect(Array(text.utf8).withUnsafeBytes { SHA1.digest($0) } == theirs, "\(count)")
        }
    }
}
