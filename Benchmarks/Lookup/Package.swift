// swift-tools-version: 6.2
import PackageDescription

// Flow lookup in memory, nanoseconds an operation. `swift run -c release lookup-bench`
// Sources/Switch/Flow is the switch's own folder (a link), so that the benchmark builds without the rest of the house.

let hot: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let package = Package(
    name: "lookup-bench",
    targets: [
        .target(name: "Switch", swiftSettings: hot),
        .executableTarget(name: "lookup-bench", dependencies: ["Switch"], swiftSettings: hot),
    ]
)
