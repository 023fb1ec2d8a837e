// swift-tools-version: 6.2
import PackageDescription

// The database server alone, against ovsdb-server: `./add-ports.sh [PORTS]`.
// The sources are the house's own folders and the tests' loop (links), so that it builds without the rest of the house.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "ovsdb-bench",
    targets: [
        .target(name: "CLinux"),
        .target(name: "Linux", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "OVSDB", dependencies: ["Linux"], swiftSettings: strict),
        .executableTarget(name: "ovsdb-serve", dependencies: ["OVSDB", "Linux"], swiftSettings: strict),
    ]
)
