import Lab
import Linux
import Testing

@testable import rookery

@Suite struct PingMatrixTests {
    /// What a matrix prints when results come in this order.
    private func printed(_ names: [String], _ order: [(String, String, Bool)], finish: Bool = true) throws -> String {
        let pipe = try Pipe()
        let log = MininetLog(level: .info, output: TextOutput(descriptor: pipe.writeEnd.rawValue))
        var matrix = PingMatrix(names: names, log: log)
        for (source, destination, works) in order {
            matrix.add(PingResult(source: source, destination: destination, sent: 1, received: works ? 1 : 0))
        }
        if finish { matrix.finish() }
        let ends = pipe.split { (readEnd, writeEnd) in
            _ = writeEnd
            return readEnd.release()
        }
        return String(decoding: try FileDescriptor(owning: ends).readAll(), as: UTF8.self)
    }

    @Test func rowsAreInOrderWhateverComesFirst() throws {
        let cells = [("h1", "h2"), ("h1", "h3"), ("h2", "h1"), ("h2", "h3"), ("h3", "h1"), ("h3", "h2")]
        for _ in 0..<20 {
            let order = cells.shuffled().map { ($0.0, $0.1, true) }
            #expect(try printed(["h1", "h2", "h3"], order) == "h1 -> h2 h3 \nh2 -> h1 h3 \nh3 -> h1 h2 \n")
        }
    }

    @Test func lostPairsAreCrosses() throws {
        let text = try printed(["a", "b"], [("a", "b", true), ("b", "a", false)])
        #expect(text == "a -> b \nb -> X \n")
        #expect(try printed(["a", "b"], [("a", "b", true)]) == "a -> b \nb -> X \n")
    }

    @Test func printsAsSoonAsItIsKnown() throws {
        #expect(try printed(["a", "b", "c"], [("a", "b", true)], finish: false) == "a -> b ")
        #expect(try printed(["a", "b", "c"], [("a", "c", true)], finish: false) == "a -> ")
        #expect(try printed(["a", "b", "c"], [("c", "a", true)], finish: false) == "a -> ")
    }

    @Test func oneHostHasNobodyToPing() throws {
        #expect(try printed(["h1"], []) == "h1 -> \n")
    }
}

@Suite struct MininetCLITests {
    @Test func comments() {
        #expect(MininetCLI.withoutComment("h1 ls # look") == "h1 ls ")
        #expect(MininetCLI.withoutComment("# nothing") == "")
    }

    @Test func completion() {
        let nodes = ["h1", "h10", "s1"]
        #expect(
            MininetCLI.complete("ping", 0, "ping", nodes) == ["pingall", "pingallfull", "pingpair", "pingpairfull"])
        #expect(MininetCLI.complete("h1 ping h", 8, "h", nodes) == ["h1", "h10"])
        #expect(MininetCLI.complete("h", 0, "h", nodes) == ["h1", "h10", "help"])
        #expect(MininetCLI.complete("link h1 pin", 8, "pin", nodes).isEmpty)
    }

    @Test func everyCommandOfMininetIsThere() {
        let names = """
            EOF dpctl dump exit gterm help intfs iperf iperfudp link links net nodes noecho pingall pingallfull pingpair
            pingpairfull ports px py quit sh source switch time wait x xterm
            """
        let wanted = Set(names.split(whereSeparator: \.isWhitespace).map(String.init))
        #expect(Set(MininetCommandName.allCases.map(\.rawValue)) == wanted)
    }

    @Test func helpIsInColumns() {
        let text = MininetCLI.columns(MininetCommandName.allCases.map(\.rawValue).sorted(), width: 79)
        for line in text.split(separator: "\n") { #expect(line.count <= 79) }
        #expect(text.hasPrefix("EOF    gterm"))
        #expect(MininetCLI.columns([], width: 79) == "")
        #expect(MininetCLI.columns(["one"], width: 79) == "one\n")
    }

    @Test(
        arguments: [
            ("[  1] 0.0000-5.0123 sec  5.83 GBytes  10.0 Gbits/sec", "10.0 Gbits/sec"),
            ("0.00-5.00 sec 1 MBytes 1.05 Mbits/sec  0.01 ms\n0-1 sec 2 Kbits/sec receiver\n", "2 Kbits/sec"),
            ("connect failed: Connection refused", nil), ("Mbits/sec", nil),
        ] as [(String, String?)]) func rates(text: String, rate: String?)
    {
        #expect(EmulatedNetwork.lastRate(text) == rate)
    }
}
