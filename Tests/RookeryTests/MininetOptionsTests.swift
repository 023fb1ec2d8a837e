import Testing

@testable import rookery

@Suite struct MininetOptionsTests {
    @Test func standards() throws {
        let options = try MininetOptions([])
        #expect(options.topology == "minimal")
        #expect(options.ipBase == "10.0.0.0/8")
        #expect(options.controllers.isEmpty)
        #expect(options.listenPort == 6654)
        #expect(options.nat == nil)
    }

    @Test func everyOption() throws {
        let options = try MininetOptions([
            "--switch", "ovsk", "--host=cfs,cpu=0.1", "--controller", "none", "--controller=ref", "--link",
            "tc,bw=10,delay=5ms", "--topo=tree,2,depth=3", "-c", "--custom", "a.py,b.py", "--test", "pingall+iperf",
            "--test=build", "-x", "-i", "10.1.0.0/16", "--mac", "--arp", "-v", "output", "--innamespace",
            "--listenport=6000", "--nolistenport", "--pre", "a", "--post", "b", "--pin", "--nat", "--wait", "-t", "5",
            "--cluster", "s1,s2", "--placement=random",
        ])
        #expect(options.switchKind.name == "ovsk")
        #expect(options.host.parameters == ["cpu": "0.1"])
        #expect(options.controllers.map(\.name) == ["none", "ref"])
        #expect(options.link == MininetChoice("tc,bw=10,delay=5ms"))
        #expect(options.link.parameters == ["bw": "10", "delay": "5ms"])
        #expect(options.topology == "tree,2,depth=3")
        #expect(options.clean && options.xterms && options.macs && options.arp && options.inNamespace && options.pin)
        #expect(options.custom == ["a.py,b.py"])
        #expect(options.tests == ["pingall+iperf", "build"])
        #expect(options.ipBase == "10.1.0.0/16")
        #expect(options.verbosity == "output")
        #expect(options.listenPort == nil)
        #expect(options.pre == "a" && options.post == "b")
        #expect(options.nat != nil)
        #expect(options.wait && options.waitSeconds == 5)
        #expect(options.cluster == "s1,s2" && options.placement == "random")
    }

    @Test func prefixesAndClusters() throws {
        #expect(try MininetOptions(["--top", "single,3"]).topology == "single,3")
        #expect(try MininetOptions(["--ip=10.2.0.0/24"]).ipBase == "10.2.0.0/24")
        let options = try MininetOptions(["-cxvdebug"])
        #expect(options.clean && options.xterms && options.verbosity == "debug")
        #expect(try MininetOptions(["-i10.3.0.0/16"]).ipBase == "10.3.0.0/16")
        // `--ma` could only be --mac, and an exact name wins over longer ones.
        #expect(try MininetOptions(["--mac"]).macs)
    }

    @Test func natTakesAValueIfThereIsOne() throws {
        #expect(try MininetOptions(["--nat", "--mac"]).nat?.parameters == [:])
        #expect(try MininetOptions(["--nat", "ip=10.0.0.254/8"]).nat?.parameters == ["ip": "10.0.0.254/8"])
    }

    @Test(arguments: [
        (["--bogus"], "no such option: --bogus"),
        (["--p"], "ambiguous option: --p (--pin, --placement, --post, --pre?)"),
        (["--mac=1"], "--mac option does not take a value"),
        (["--topo"], "--topo option requires 1 argument"),
        (["-i"], "-i option requires 1 argument"),
        (["-q"], "no such option: -q"),
        (["--listenport=x"], "option --listenport: invalid integer value: 'x'"),
        (["tree,2"], "unexpected argument: tree,2"),
        (["--placement=left"], "option --placement: invalid choice: 'left' (choose from 'block', 'random')"),
    ]) func mistakes(arguments: [String], text: String) {
        #expect(throws: MininetOptions.Mistake(text: text)) { try MininetOptions(arguments) }
    }

    @Test func helpFits() {
        for line in MininetOptions.helpText.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }
}
