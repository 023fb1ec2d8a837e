import Testing

@testable import rookery

@Suite struct TableTests {
    @Test func alignsColumns() {
        var table = Table([.init("NODE"), .init("PACKETS", .right)])
        table.add("h1", "5")
        table.add("switch1", "12345678")
        #expect(table.text() == "NODE      PACKETS\nh1              5\nswitch1  12345678\n")
    }

    @Test(arguments: [40, 60, 80]) func fitsItsWidth(width: Int) {
        var table = Table([.init("A", rigid: true), .init("B"), .init("C"), .init("D", .right)])
        table.add("name", String(repeating: "x", count: 90), String(repeating: "y", count: 50), "12")
        for line in table.text(width: width).split(separator: "\n") { #expect(line.count <= width) }
        #expect(table.text(width: width).contains("…"))
        #expect(table.text(width: width).contains("name"))
    }

    @Test func rigidColumnsAreWhole() {
        let long = String(repeating: "n", count: 100)
        var table = Table([.init("A", rigid: true), .init("B")])
        table.add(long, "short")
        #expect(table.text().contains(long))
    }

    @Test func colorsDoNotCountAsWidth() {
        var table = Table([.init("A"), .init("B")])
        table.add([.init(text: "ok", style: .green), .init(text: "x", style: .plain)])
        #expect(table.text(colored: false) == "A   B\nok  x\n")
        #expect(table.text(colored: true).contains("\u{1b}[32mok\u{1b}[0m  x"))
    }
}

@Suite struct QuantityTests {
    @Test(arguments: [
        (0.0, 3, "0.000"), (1.5, 3, "1.500"), (0.0005, 3, "0.001"), (99.9996, 3, "100.000"), (-2.25, 1, "-2.3"),
        (10, 0, "10"), (0.1, 5, "0.10000"),
    ]) func decimals(value: Double, count: Int, text: String) {
        #expect(decimal(value, count) == text)
    }

    @Test func readable() {
        #expect(Readable.time(5_000_000) == "5ms")
        #expect(Readable.time(8_250) == "8.25us")
        #expect(Readable.time(0) == "0ns")
        #expect(Readable.rate(10_000_000) == "10mbit")
        #expect(Readable.rate(1_500_000_000) == "1.5gbit")
        #expect(Readable.share(0.01) == "1%")
        #expect(Readable.share(0.0005) == "0.05%")
        #expect(Readable.size(1536) == "1.5K")
        #expect(Readable.size(999) == "999")
        #expect(Readable.age(3672) == "1h1m")
        #expect(Readable.age(-4) == "0s")
    }

    @Test(arguments: [24, 40, 80]) func progressFitsTheTerminal(columns: Int) {
        for done in 0...10 {
            #expect(ProgressLine.line(stage: "making hosts", done: done, total: 10, columns: columns).count < columns)
        }
        #expect(ProgressLine.line(stage: "links", done: 10, total: 10, columns: 80).contains("10/10"))
        #expect(!ProgressLine.line(stage: "links", done: 10, total: 10, columns: 80).contains("░"))
    }
}
