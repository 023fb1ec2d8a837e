// swift-tools-version: 6.2
import PackageDescription

// What flows cost: bytes of memory each, and nanoseconds to add, modify and delete. `swift run -c release flow-bench`
// Sources/Wire and Sources/Switch are the house's own folders (links), so that the benchmark builds without the rest of the house.

let hot: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let package = Package(
    name: "flow-bench",
    targets: [
        .target(name: "Wire", swiftSettings: hot),
        .target(name: "Switch", dependencies: ["Wire"], swiftSettings: hot),
        // Switch takes square roots, and imports no C library that would bring them.
        .executableTarget(
            name: "flow-bench", dependencies: ["Switch", "Wire"], swiftSettings: hot,
            linkerSettings: [.linkedLibrary("m")]),
    ]
)
