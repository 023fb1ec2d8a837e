/// Where a stream of bytes comes from or goes to, as Open vSwitch writes it: active `tcp:HOST:PORT`, `ssl:HOST:PORT`,
/// `unix:FILE`, passive `ptcp:[PORT][:HOST]`, `pssl:[PORT][:HOST]`, `punix:FILE`.
public enum Endpoint: Hashable, Sendable {
    case tcp(host: String, port: Int)
    case tls(host: String, port: Int)
    case unix(path: String)
    case listenTCP(host: String?, port: Int)
    case listenTLS(host: String?, port: Int)
    case listenUnix(path: String)

    public var isPassive: Bool {
        switch self {
        case .tcp, .tls, .unix: false
        case .listenTCP, .listenTLS, .listenUnix: true
        }
    }

    /// Where somebody listens whom this endpoint reaches.
    public var passive: Endpoint {
        switch self {
        case .tcp(let host, let port): .listenTCP(host: host, port: port)
        case .tls(let host, let port): .listenTLS(host: host, port: port)
        case .unix(let path): .listenUnix(path: path)
        case .listenTCP, .listenTLS, .listenUnix: self
        }
    }

    /// Reads Open vSwitch's text; nil where it is none.
    /// - Parameter defaultPort: where the text names no port: 6653 for OpenFlow, 6640 for OVSDB.
    public init?(_ text: String, defaultPort: Int) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let kind = text[..<colon]
        let rest = String(text[text.index(after: colon)...])
        switch kind {
        case "unix" where !rest.isEmpty: self = .unix(path: rest)
        case "punix" where !rest.isEmpty: self = .listenUnix(path: rest)
        case "tcp", "ssl":
            guard let (host, port) = Self.split(rest, defaultPort: defaultPort), !host.isEmpty else { return nil }
            self = kind == "tcp" ? .tcp(host: host, port: port) : .tls(host: host, port: port)
        case "ptcp", "pssl":
            let first = rest.prefix { $0 != ":" }
            guard first.isEmpty || Self.port(String(first)) != nil else { return nil }
            let port = Self.port(String(first)) ?? defaultPort
            var host: String? = rest.contains(":") ? String(rest.dropFirst(first.count + 1)) : nil
            if host?.isEmpty == true { host = nil }
            host = host.map(Self.withoutBrackets)
            self = kind == "ptcp" ? .listenTCP(host: host, port: port) : .listenTLS(host: host, port: port)
        default: return nil
        }
    }

    private static func port(_ text: String) -> Int? { Int(text).flatMap { 0...65535 ~= $0 ? $0 : nil } }

    private static func withoutBrackets(_ host: String) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }

    /// `HOST`, `HOST:PORT`, `[IPv6]:PORT`.
    private static func split(_ text: String, defaultPort: Int) -> (String, Int)? {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            if rest.isEmpty { return (host, defaultPort) }
            guard rest.first == ":", let port = port(String(rest.dropFirst())) else { return nil }
            return (host, port)
        }
        guard let colon = text.lastIndex(of: ":") else { return (text, defaultPort) }
        guard let port = port(String(text[text.index(after: colon)...])) else { return nil }
        return (String(text[..<colon]), port)
    }
}

extension Endpoint: CustomStringConvertible {
    public var description: String {
        func quoted(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }
        return switch self {
        case .tcp(let host, let port): "tcp:\(quoted(host)):\(port)"
        case .tls(let host, let port): "ssl:\(quoted(host)):\(port)"
        case .unix(let path): "unix:\(path)"
        case .listenTCP(let host, let port): "ptcp:\(port)" + (host.map { ":" + quoted($0) } ?? "")
        case .listenTLS(let host, let port): "pssl:\(port)" + (host.map { ":" + quoted($0) } ?? "")
        case .listenUnix(let path): "punix:\(path)"
        }
    }
}
