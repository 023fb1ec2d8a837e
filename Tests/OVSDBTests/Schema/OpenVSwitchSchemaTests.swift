import Linux
import OVSDB
import Testing

@Suite struct OpenVSwitchSchemaTests {
    private static let installed = "/usr/share/openvswitch/vswitch.ovsschema"

    @Test(.enabled(if: File.exists(installed), "Open vSwitch's schema is not installed"))
    func isTheInstalledOne() throws {
        let theirs = try DatabaseSchema(JSONParser.parse(File.read(Self.installed)))
        let ours = DatabaseSchema.openVSwitch
        #expect(ours.name == theirs.name)
        #expect(ours.version == theirs.version)
        #expect(ours.checksum == theirs.checksum)
        #expect(ours.tables.map(\.name).sorted() == theirs.tables.map(\.name).sorted())
        for table in ours.tables {
            let other = try #require(theirs.tables.first { $0.name == table.name })
            #expect(table.isRoot == other.isRoot, "\(table.name)")
            #expect(table.maximumRowCount == other.maximumRowCount, "\(table.name)")
            let indexes = table.indexes.map { $0.map { table.columns[$0].name } }
            #expect(indexes == other.indexes.map { $0.map { other.columns[$0].name } }, "\(table.name)")
            #expect(table.columns.map(\.name).sorted() == other.columns.map(\.name).sorted())
            for column in table.columns {
                #expect(column == other.columns.first { $0.name == column.name }, "\(table.name).\(column.name)")
            }
        }
    }

    @Test func surviveTheirJSON() throws {
        for schema in [DatabaseSchema.openVSwitch, .server] {
            let copy = try DatabaseSchema(JSONParser.parse(schema.json.bytes()))
            #expect(copy.json == schema.json)
            #expect(copy.tables.map(\.columns) == schema.tables.map(\.columns))
        }
    }
}
