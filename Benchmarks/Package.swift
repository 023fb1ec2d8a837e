// swift-tools-version: 6.2
import PackageDescription

// What can be measured without a switch or a lab that runs. Sources/Wire, Sources/Switch and others are the house's own folders
// (links), so that a benchmark builds without the rest of the house.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]
let hot: [SwiftSetting] =
    strict + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]
// Switch takes square roots, and imports no C library that would bring them.
let mathematics: [LinkerSetting] = [.linkedLibrary("m")]

let package = Package(
    name: "rookery-benchmarks",
    targets: [
        .target(name: "Wire", swiftSettings: hot),
        .target(name: "Switch", dependencies: ["Wire"], swiftSettings: hot),
        .target(name: "CLinux"),
        .target(name: "Linux", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "OVSDB", dependencies: ["Linux"], swiftSettings: strict),
        .target(name: "CX86", cSettings: [.unsafeFlags(["-O2", "-fno-strict-aliasing"])]),
        .target(name: "Board", swiftSettings: hot),
        .target(name: "X86", dependencies: ["Board", "CX86"], swiftSettings: hot),
        // What a packet costs in memory, nanoseconds each. `swift run -c release packet-bench [NAME …]`
        .executableTarget(
            name: "packet-bench", dependencies: ["Switch", "Wire"], swiftSettings: hot, linkerSettings: mathematics),
        // Flow lookup in memory, nanoseconds an operation. `swift run -c release lookup-bench`
        .executableTarget(
            name: "lookup-bench", dependencies: ["Switch"], swiftSettings: hot, linkerSettings: mathematics),
        // What flows cost: bytes of memory each, and nanoseconds to add, modify and delete. `swift run -c release flow-bench`
        .executableTarget(
            name: "flow-bench", dependencies: ["Switch", "Wire"], swiftSettings: hot, linkerSettings: mathematics),
        // The processor in software: millions of guest instructions a second. `swift run -c release processor-bench [NAME …]`
        .executableTarget(name: "processor-bench", dependencies: ["X86"], swiftSettings: hot),
        // The database server alone, for OVSDB/add-ports.sh and OVSDB/kill-nine.sh.
        .executableTarget(name: "ovsdb-serve", dependencies: ["OVSDB", "Linux"], swiftSettings: strict),
    ]
)
