import Testing

@testable import GuestImages

struct DebianPackageTests {
    @Test func paragraphs() {
        let text = """
            Package: socat
            Version: 1.7.4.4-2
            Pre-Depends: dpkg (>= 1.15)
            Depends: libc6 (>= 2.34), libssl3:any | libssl1.1, libwrap0 (>= 7.6-4~)
            Description: multipurpose relay
             Depends: on nothing

            Package: other
            Version: 1:2.0
            """
        let packages = DebianPackage.parse(text)
        #expect(packages.map(\.name) == ["socat", "other"])
        #expect(packages[0].dependencies == ["dpkg", "libc6", "libssl3", "libwrap0"])
        #expect(packages[1].version == "1:2.0")
        #expect(packages[1].dependencies.isEmpty)
    }

    @Test("what no package can be called is left out: names become arguments and files")
    func names() {
        let text = """
            Package: ../../etc
            Version: 1

            Package: -o
            Version: 1

            Package: good
            Version: 1/../2

            Package: good
            Version: 1:2.0~rc1+dfsg-1
            Depends: lib/../x, libc6, -y, libA, g++ (>= 1), , lib
            """
        #expect(
            DebianPackage.parse(text) == [
                DebianPackage(name: "good", version: "1:2.0~rc1+dfsg-1", dependencies: ["libc6", "g++", "lib"])
            ])
    }
}
