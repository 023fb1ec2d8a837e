import Testing

extension RealCPUTests {
    @Test("MMX and SSE: integers and moves")
    func packed() throws {
        let runner = try CorpusRunner()
        let both =
            VectorTemplate.packed + VectorTemplate.unprefixed + VectorTemplate.immediates + VectorTemplate.shifts
            + VectorTemplate.elements
        runner.run((both + VectorTemplate.wideMoves).map { $0.instruction() }, count: 25)
        runner.run(VectorTemplate.moves.map { $0.instruction() }, count: 40)
        runner.run((both + VectorTemplate.moves).map { $0.instruction(bits: 32) }, count: 5)
    }

    @Test("SSE4.2: comparisons of strings")
    func strings() throws {
        let runner = try CorpusRunner()
        runner.run(VectorTemplate.strings.map { $0.instruction() }, count: 120)
    }

    @Test("SSE: arithmetic, with every rounding and exception")
    func floating() throws {
        let runner = try CorpusRunner()
        let all =
            VectorTemplate.arithmetic + VectorTemplate.comparisons + VectorTemplate.roundings
            + VectorTemplate.conversions + VectorTemplate.mmxConversions
        runner.run(all.map { $0.instruction() }, count: 120)
        runner.run(VectorTemplate.generalConversions(wide: false).map { $0.instruction() }, count: 120)
        runner.run(VectorTemplate.generalConversions(wide: true).map { $0.instruction() }, count: 120)
        runner.run((all + VectorTemplate.generalConversions(wide: false)).map { $0.instruction(bits: 32) }, count: 10)
    }

    @Test("SSE4.1: dot products")
    func products() throws {
        let runner = try CorpusRunner()
        runner.run(VectorTemplate.products.map { $0.instruction() }, count: 500)
    }
}

extension RealCPUTests {
    @Test("x87: the stack")
    func x87Registers() throws {
        try CorpusRunner().run(X87Templates.registers, count: 200)
    }

    @Test("x87: memory")
    func x87Memory() throws {
        let runner = try CorpusRunner()
        runner.run(X87Templates.memory(bits: 64), count: 120)
        runner.run(X87Templates.memory(bits: 32), count: 12)
    }
}
