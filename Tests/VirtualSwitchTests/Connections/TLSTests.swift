import Glibc
import Linux
import OpenFlow
import Streams
import Switch
import Testbed
import Testing

@testable import VirtualSwitch

/// Keys and certificates made by openssl for one test: two authorities that know nothing of each other, and a key that each
/// has signed.
private final class Certificates {
    private let directory = TemporaryDirectory()

    init() throws {
        for authority in ["good", "bad"] {
            try openssl(
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj",
                "/CN=\(authority) authority", "-keyout", "\(authority)-ca.key", "-out", "\(authority)-ca.pem")
            try openssl(
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                "/CN=\(authority)",
                "-keyout", "\(authority).key", "-out", "\(authority).csr")
            try openssl(
                "x509", "-req", "-in", "\(authority).csr", "-CA", "\(authority)-ca.pem", "-CAkey",
                "\(authority)-ca.key",
                "-CAcreateserial", "-days", "2", "-out", "\(authority).pem")
        }
    }

    private func openssl(_ arguments: String...) throws {
        let words = arguments.map { word in
            ["key", "pem", "csr"].contains { word.hasSuffix("." + $0) } ? path(word) : word
        }
        let run = try ProgramRun(["openssl"] + words)
        #expect(run.status == 0, "\(run.all)")
    }

    func path(_ name: String) -> String { "\(directory.path)/\(name)" }

    /// - Parameters:
    ///   - name: who has signed the own key.
    ///   - authority: who is believed.
    func material(_ name: String = "good", believing authority: String = "good") -> TLSMaterial {
        TLSMaterial(
            privateKey: path("\(name).key"), certificate: path("\(name).pem"), authority: path("\(authority)-ca.pem"))
    }
}

@Suite(.enabled(if: Machine.has("openssl"), "openssl is not installed"))
struct TLSTests {
    private static let anywhere = Endpoint.listenTLS(host: "127.0.0.1", port: 0)

    @Test func aControllerIsReachedByTLS() throws {
        let certificates = try Certificates()
        let outside = StreamHub()
        defer { outside.stop() }
        let controller = try PlayedController(outside, Self.anywhere, tls: certificates.material())
        let scene = try ConnectionScene()
        scene.set([controller.settings])
        // There is no key yet.
        #expect(eventually { scene.status?.status["last_error"]?.contains("no key and certificate") == true })
        scene.connections.setTLS(certificates.material())
        #expect(eventually { scene.status?.isConnected == true })
        controller.send(Message(.featuresRequest))
        #expect(controller.barrier())
        #expect(controller.messages.contains { if case .featuresReply = $0.body { true } else { false } })
        // What is long comes whole.
        controller.send(Message(.multipartRequest(.init(.tableFeatures([])))))
        #expect(controller.barrier(2))
        #expect(controller.byteCount > 100_000)
    }

    @Test func whoIsNotBelievedIsRefused() throws {
        let certificates = try Certificates()
        let outside = StreamHub()
        defer { outside.stop() }
        let controller = try PlayedController(
            outside, Self.anywhere, tls: certificates.material("bad", believing: "good"))
        let scene = try ConnectionScene()
        scene.connections.setTLS(certificates.material())
        scene.set([controller.settings])
        #expect(
            eventually { scene.status?.status["last_error"]?.contains("certificate verify failed") == true },
            "\(scene.status?.status ?? [:])")
        #expect(scene.status?.isConnected == false)
        #expect(controller.messages.isEmpty)
    }

    @Test func filesThatAreNotThereAreNamed() throws {
        let scene = try ConnectionScene()
        scene.connections.setTLS(TLSMaterial(privateKey: "/no/key", certificate: "/no/certificate", authority: nil))
        scene.set([ControllerSettings(endpoint: .tls(host: "127.0.0.1", port: 1))])
        #expect(eventually { scene.status?.status["last_error"]?.contains("/no/certificate") == true })
        scene.set([ControllerSettings(endpoint: Self.anywhere)])
        #expect(scene.status?.status["last_error"]?.contains("/no/certificate") == true)
    }

    /// A switch that listens, and Open vSwitch's tool with OpenSSL at the other end.
    @Test(.enabled(if: Machine.has("ovs-ofctl"), "ovs-ofctl is not installed"))
    func openVSwitchsToolConnects() throws {
        let certificates = try Certificates()
        let scene = try ConnectionScene()
        scene.connections.setTLS(certificates.material())
        scene.set([ControllerSettings(endpoint: Self.anywhere)])
        guard case .listenTLS(_, let port)? = scene.connections.listeningEndpoints(scene.bridge).first else {
            Issue.record("nobody listens: \(scene.status?.status ?? [:])")
            return
        }
        func ofctl(_ name: String, believing authority: String) throws -> ProgramRun {
            try ProgramRun.tool(
                "ovs-ofctl", "--timeout=5", "-O", "OpenFlow13", "--private-key=\(certificates.path("\(name).key"))",
                "--certificate=\(certificates.path("\(name).pem"))",
                "--ca-cert=\(certificates.path("\(authority)-ca.pem"))", "show", "ssl:127.0.0.1:\(port)")
        }
        let known = try ofctl("good", believing: "good")
        #expect(known.status == 0, "\(known.all)")
        #expect(known.output.contains("dpid:0000020000000001"))
        #expect(try ofctl("bad", believing: "good").status != 0)
        #expect(try ofctl("good", believing: "bad").status != 0)
        // And the next one is served as ever.
        #expect(try ofctl("good", believing: "good").status == 0)
    }

    /// A controller of Open vSwitch's with OpenSSL.
    @Test(.enabled(if: Machine.has("ovs-testcontroller"), "ovs-testcontroller is not installed"))
    func openVSwitchsControllerIsReached() throws {
        let certificates = try Certificates()
        let scene = try ConnectionScene()
        scene.connections.setTLS(certificates.material())
        let port = 20_000 + Int(getpid()) % 20_000
        let controller = try RunningProgram([
            "ovs-testcontroller", "--private-key=\(certificates.path("good.key"))",
            "--certificate=\(certificates.path("good.pem"))", "--ca-cert=\(certificates.path("good-ca.pem"))",
            "--unixctl=none", "pssl:\(port):127.0.0.1",
        ])
        defer { withExtendedLifetime(controller) {} }
        // With OpenFlow 1.5 it ends in a segmentation fault (Open vSwitch 3.1).
        scene.set(
            [ControllerSettings(endpoint: .tls(host: "127.0.0.1", port: port), maximumBackOff: 1000)],
            versions: [.v10, .v13])
        #expect(eventually { scene.status?.isConnected == true }, "\(scene.status?.status ?? [:])")
        // It makes a learning switch of the bridge.
        #expect(
            eventually {
                scene.send(ConnectionScene.other)
                return scene.received().contains(ConnectionScene.other)
            })
    }
}
