import FoundationEssentials
import OpenFlow
import Testbed
import Testing

/// The example of Documentation/controllers.md: it compiles, it works, and the page shows it as it is.
@Suite struct PortGuardTests {
    typealias Network = ControlledNetwork

    @Test(arguments: OpenFlowVersion.allCases) func theFirstWhoSpeaksOwnsThePort(version: OpenFlowVersion) {
        let network = Network(PortGuard(), version: version, switches: 1, hosts: [0, 0])
        network.send(Network.packet(from: 0, to: 1), from: 0)
        network.send(Network.packet(from: 1, to: 0), from: 1)
        #expect(network.take(1).count == 1 && network.take(0).count == 1)
        // Somebody else at the first port.
        network.send(Network.packet(from: 5, to: 1), from: 0)
        #expect(network.take(1).isEmpty)
        network.send(Network.packet(from: 0, to: 1), from: 0)
        #expect(network.take(1).count == 1)
        #expect(network.refusals.isEmpty, "\(version): \(network.refusals)")
    }

    @Test func thePageShowsTheProgram() throws {
        let page = try SourceTree.text("Documentation/controllers.md")
        let program = try SourceTree.text("Tests/ControllerTests/Example/PortGuard.swift")
        #expect(page.contains("```swift\n" + program + "```\n"))
    }
}
