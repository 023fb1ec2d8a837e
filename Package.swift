// swift-tools-version: 6.2
import PackageDescription

// One-way imports, checked at every build (`--explicit-target-dependency-import-check error`).
// ARCHITECTURE.md draws this graph and says what each target is for.

/// For every target: the language mode and warnings as errors.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// For the targets that a packet passes through.
let hot: [SwiftSetting] =
    strict + [
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
    ]

let package = Package(
    name: "rookery",
    products: [
        .executable(name: "rookery", targets: ["rookery"]),
        .executable(name: "rookery-lab", targets: ["rookery-lab"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C: constants, ioctls, the code between clone and exec.
        .target(name: "CLinux"),
        .systemLibrary(name: "CLibedit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
        // The operating system.
        .target(name: "Linux", dependencies: ["CLinux"], swiftSettings: hot),
        .target(name: "HostNetwork", dependencies: ["CLinux", "Linux", "Wire"], swiftSettings: strict),
        // The pure cores: neither Glibc nor Foundation.
        .target(name: "Wire", swiftSettings: hot),
        .target(name: "Switch", dependencies: ["Wire"], swiftSettings: hot),
        // Packets in and out of the kernel.
        .target(name: "Ports", dependencies: ["Linux", "HostNetwork", "Switch", "Wire"], swiftSettings: hot),
        // A lab as data; a lab alive.
        .target(
            name: "Topology", dependencies: ["Switch", "Wire", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict),
        .target(
            name: "Lab",
            dependencies: ["Topology", "Ports", "Switch", "HostNetwork", "Linux", "Wire"],
            swiftSettings: strict),
        .executableTarget(
            name: "rookery",
            dependencies: [
                "Lab", "Topology", "Switch", "HostNetwork", "Linux", "Wire", "CLibedit",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "rookery-lab", dependencies: ["Lab", "Topology", "Linux"], swiftSettings: strict),
        // Tests.
        .target(name: "AllocationCount", path: "Tests/AllocationCount"),
        .testTarget(name: "LinuxTests", dependencies: ["Linux"], swiftSettings: strict),
        .testTarget(name: "HostNetworkTests", dependencies: ["HostNetwork", "Linux", "Wire"], swiftSettings: strict),
        .testTarget(name: "WireTests", dependencies: ["Wire"], swiftSettings: strict),
        .testTarget(name: "SwitchTests", dependencies: ["Switch", "Wire", "AllocationCount"], swiftSettings: strict),
        .testTarget(
            name: "PortsTests", dependencies: ["Ports", "Switch", "HostNetwork", "Linux", "Wire"],
            swiftSettings: strict),
        .testTarget(name: "TopologyTests", dependencies: ["Topology", "Switch", "Wire"], swiftSettings: strict),
        .testTarget(
            name: "LabTests",
            dependencies: ["Lab", "rookery-lab", "Topology", "Switch", "HostNetwork", "Linux", "Wire"],
            swiftSettings: strict),
        .testTarget(
            name: "RookeryTests",
            dependencies: [
                "rookery", "rookery-lab", "Lab", "Topology", "Switch", "Linux", "Wire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
