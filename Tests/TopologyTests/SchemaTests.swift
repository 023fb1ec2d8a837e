import Foundation
import Testbed
import Testing

@testable import Topology

@Suite struct SchemaTests {
    private func schema() throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(LabFileKeys.jsonSchema().utf8)) as? [String: Any])
    }

    @Test func publishedFileIsTheParsersOwn() throws {
        #expect(try SourceTree.text("Documentation/lab.schema.json") == LabFileKeys.jsonSchema())
    }

    @Test func everyKeyIsInTheSchemaAndViceVersa() throws {
        let schema = try schema()
        let definitions = try #require(schema["$defs"] as? [String: [String: Any]])
        for table in LabFileKeys.tables {
            let object = try #require(table.name == "root" ? schema : definitions[table.name])
            let properties = try #require(object["properties"] as? [String: Any])
            #expect(Set(properties.keys) == Set(table.keys.map(\.name)), "\(table.name)")
            #expect(Set(table.keys.map(\.name)).count == table.keys.count, "\(table.name)")
        }
        #expect(definitions.count == LabFileKeys.tables.count - 1)
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    }

    @Test func everyReferenceHasItsDefinition() throws {
        let definitions = try #require(try schema()["$defs"] as? [String: Any])
        for match in LabFileKeys.jsonSchema().matches(of: /"#\/\$defs\/([a-z]+)"/) {
            #expect(definitions[String(match.1)] != nil, "\(match.1)")
        }
    }

    @Test func everyKeyIsInTheReference() throws {
        let text = try SourceTree.text("Documentation/lab-file.md")
        for table in LabFileKeys.tables {
            for key in table.keys where key.name != "$schema" {
                #expect(text.contains("`\(key.name)`"), "\(table.name).\(key.name)")
            }
        }
    }
}
