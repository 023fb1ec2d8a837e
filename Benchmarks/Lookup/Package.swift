// swift-tools-version: 6.2
import PackageDescription

// Flow lookup in memory, nanoseconds an operation. `swift run -c release lookup-bench`
// Sources/Wire and Sources/Switch/Flow are the house's own folders (links), so that the benchmark builds without the rest of the house.

let hot: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let package = Package(
    name: "lookup-bench",
    targets: [
        .target(name: "Wire", swiftSettings: hot),
        .target(name: "Switch", dependencies: ["Wire"], swiftSettings: hot),
        .executableTarget(name: "lookup-bench", dependencies: ["Switch"], swiftSettings: hot),
    ]
)
