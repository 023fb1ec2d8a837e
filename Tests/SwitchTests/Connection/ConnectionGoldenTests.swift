import Testing
import Wire

@testable import Switch

/// The same packets through this tracker and through Open vSwitch's (Recorder/, ConnectionRecording.swift): the state that
/// each packet is in, its mark, what it looks like afterwards, and the connections known then.
@Suite struct ConnectionGoldenTests {
    @Test(arguments: ConnectionRecording.scripts)
    func asOpenVSwitch(_ script: ConnectionRecording.Script) throws {
        let harness = ConnectionHarness()
        var known: [String] = []
        for (number, step) in script.steps.enumerated() {
            harness.now += step.warp * 1_000_000
            if let (port, frame) = step.frame {
                let outcome = harness.send(frame, script.requests[port]!)
                let expected = try #require(step.expected, "step \(number)")
                #expect(outcome.state.rawValue == expected.state, "state of step \(number): \(outcome.state)")
                #expect(outcome.metadata.mark == expected.mark, "step \(number)")
                #expect(outcome.frame[12...] == expected.frame[12...], "frame of step \(number)")
            }
            if let dump = step.dump { known = dump }
            // There the helper's name stays on the connections that it expects, which nobody listens to.
            let mine = harness.dump()
            let expected = known.map { line in
                line.contains(",parent=")
                    ? line.replacing(",helper=ftp", with: "").replacing(",helper=tftp", with: "") : line
            }
            #expect(mine == expected.sorted(), "connections after step \(number)")
        }
    }
}

extension ConnectionRecording {
    struct Script: CustomTestStringConvertible, Sendable {
        var name: String
        var requests: [Int: ConnectionRequest] = [:]
        var steps: [Step] = []

        var testDescription: String { name }
    }

    struct Step: Sendable {
        /// Milliseconds before the step.
        var warp: UInt64 = 0
        var frame: (port: Int, bytes: [UInt8])?
        var expected: (state: UInt32, mark: UInt32, frame: [UInt8])?
        /// nil: as before.
        var dump: [String]?
    }

    static let scripts: [Script] = {
        var scripts: [Script] = []
        var step = Step()
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            let rest = words.count > 1 ? words[1] : ""
            switch words[0] {
            case "script": scripts.append(Script(name: rest))
            case "request":
                let parts = rest.split(separator: " ", maxSplits: 1).map(String.init)
                scripts[scripts.count - 1].requests[Int(parts[0])!] = request(parts.count > 1 ? parts[1] : "")
            case "warp": step.warp += UInt64(rest)!
            case "in":
                let parts = rest.split(separator: " ").map(String.init)
                step.frame = (Int(parts[0])!, bytes(parts[1]))
            case "out":
                let frame = bytes(String(rest.split(separator: " ")[1]))
                step.expected = (number(frame[8..<12]), number(frame[2..<6]), frame)
            case "dump": step.dump = (step.dump ?? []) + [rest]
            default:
                if words[0] == "end" && step.dump == nil { step.dump = [] }
                scripts[scripts.count - 1].steps.append(step)
                step = Step()
            }
        }
        return scripts
    }()

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

    private static func bytes(_ text: String) -> [UInt8] {
        let digits = text.utf8.map { UInt8($0 < 0x3a ? $0 - 0x30 : $0 - 0x57) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// What is between the brackets of `ct(…)`.
    static func request(_ text: String) -> ConnectionRequest {
        var request = ConnectionRequest()
        for word in text.split(separator: ",").map(String.init) {
            switch word {
            case "commit": request.commit = true
            case "force": request.force = true
            case "alg=ftp": request.helper = .ftp
            case "alg=tftp": request.helper = .tftp
            case "nat": request.translation = AddressTranslation()
            case _ where word.hasPrefix("zone="): request.zone = UInt16(word.dropFirst(5))!
            case _ where word.hasPrefix("nat("):
                var range = String(word.dropFirst(8).dropLast())
                var translation = AddressTranslation(direction: word.contains("src") ? .source : .destination)
                if let address = IPv6Address(range) {
                    let value = FieldValue(high: address.high, low: address.low)
                    translation.addresses = .ipv6(first: value, last: value)
                } else {
                    if let colon = range.firstIndex(of: ":") {
                        let port = UInt16(range[range.index(after: colon)...])!
                        translation.ports = port...port
                        range = String(range[..<colon])
                    }
                    let address = IPv4Address(range)!.rawValue
                    translation.addresses = .ipv4(first: address, last: address)
                }
                request.translation = translation
            case _ where word.hasPrefix("exec(set_field:"):
                let value = word.dropFirst(15).prefix { $0 != "-" }
                request.mark = value.hasPrefix("0x") ? UInt32(value.dropFirst(2), radix: 16)! : UInt32(value)!
                request.markMask = .max
            default: preconditionFailure(word)
            }
        }
        return request
    }
}
