import Testbed
import Testing
import Wire

@testable import Switch

/// The recording `connections.golden`.
enum ConnectionRecording {
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
        for line in try! SourceTree.recordedLines("Tests/SwitchTests/Recordings/connections.golden") {
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
                step.frame = (Int(parts[0])!, octets(parts[1]))
            case "out":
                let frame = octets(String(rest.split(separator: " ")[1]))
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
