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

/// For the processor in software: optimised in debug builds, too, so that the tests can boot kernels. (Two threads: with
/// one, the compiler's index of a whole module has one file where the build expects one a source.)
let optimizedAlways: [SwiftSetting] =
    hot + [
        .unsafeFlags(["-O", "-whole-module-optimization", "-num-threads", "2"], .when(configuration: .debug))
    ]

let package = Package(
    name: "rookery",
    products: [
        .executable(name: "rookery", targets: ["rookery"]),
        .executable(name: "rookery-lab", targets: ["rookery-lab"]),
        .executable(name: "rookery-switchd", targets: ["rookery-switchd"]),
        .executable(name: "rookery-vmm", targets: ["rookery-vmm"]),
        .executable(name: "rookery-agent", targets: ["rookery-agent"]),
        .executable(name: "rookery-work", targets: ["rookery-work"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
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
        .target(
            name: "Ports", dependencies: ["Linux", "HostNetwork", "Switch", "Virtio", "Wire"], swiftSettings: hot),
        // The management of a switch: the protocols as pure codecs, the streams that carry them, the agent.
        .target(name: "OpenFlow", dependencies: ["Switch", "Wire"], swiftSettings: hot),
        .target(name: "OVSDB", dependencies: ["Linux"], swiftSettings: strict),
        .target(
            name: "Streams",
            dependencies: [
                "Linux", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .target(
            name: "VirtualSwitch",
            dependencies: ["OpenFlow", "OVSDB", "Streams", "Ports", "Switch", "HostNetwork", "Linux", "Wire"],
            swiftSettings: strict),
        .target(
            name: "Controller", dependencies: ["OpenFlow", "Streams", "Switch", "Wire"], swiftSettings: strict),
        // Virtual machines: the board that devices sit on, the CPU in software, para-virtual devices, real chips, disks.
        .target(name: "Board", swiftSettings: hot),
        .target(name: "CX86", cSettings: [.unsafeFlags(["-O2", "-fno-strict-aliasing"])]),
        .target(name: "X86", dependencies: ["Board", "CX86"], swiftSettings: optimizedAlways),
        .target(name: "Virtio", dependencies: ["Board", "Linux", "Wire"], swiftSettings: hot),
        .target(name: "Chips", dependencies: ["Board", "Wire"], swiftSettings: hot),
        .target(name: "DiskImage", dependencies: ["Board", "Linux"], swiftSettings: strict),
        // A virtual machine as its users see it (what is asked for, its process, its control socket); and the monitor itself.
        .target(name: "VirtualMachine", dependencies: ["Linux"], swiftSettings: strict),
        .target(name: "GuestImages", dependencies: ["Board", "DiskImage", "Linux"], swiftSettings: strict),
        .target(
            name: "VMM",
            dependencies: ["Board", "Chips", "DiskImage", "Linux", "VirtualMachine", "Virtio", "X86"],
            swiftSettings: strict),
        .executableTarget(
            name: "rookery-vmm", dependencies: ["VMM", "VirtualMachine", "Linux"], swiftSettings: strict),
        // The works that `rookery compare` measures: static, so that the same bytes run here and in guests.
        .executableTarget(
            name: "rookery-work", cSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [.unsafeFlags(["-static-executable", "-nostartfiles"])]),
        // In guests: starts what serves the host's connections. Static, so that any guest can run it.
        .executableTarget(
            name: "rookery-agent", cSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [.unsafeFlags(["-static-executable", "-nostartfiles"])]),
        // A lab as data; a lab alive.
        .target(
            name: "Topology", dependencies: ["Switch", "Wire", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict),
        .target(
            name: "Lab",
            dependencies: [
                "Topology", "VirtualSwitch", "Controller", "OpenFlow", "Streams", "Ports", "Switch", "HostNetwork",
                "VirtualMachine", "GuestImages", "Linux", "Wire",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "rookery-switchd",
            dependencies: [
                "VirtualSwitch", "OVSDB", "Streams", "Ports", "Switch", "Linux",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "rookery",
            dependencies: [
                "Lab", "Topology", "Controller", "VirtualSwitch", "OVSDB", "OpenFlow", "Streams", "Switch",
                "HostNetwork", "VirtualMachine", "GuestImages", "DiskImage", "Board",
                "Linux", "Wire", "CLibedit",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "rookery-lab", dependencies: ["Lab", "Topology", "Linux"], swiftSettings: strict),
        // Tests.
        .target(name: "AllocationCount", path: "Tests/AllocationCount"),
        // What the tests share: programs that run, temporary directories, recordings, random numbers with a seed.
        .target(name: "Testbed", dependencies: ["Linux"], path: "Tests/Testbed", swiftSettings: strict),
        .testTarget(name: "LinuxTests", dependencies: ["Linux", "Testbed"], swiftSettings: strict),
        .testTarget(
            name: "HostNetworkTests", dependencies: ["HostNetwork", "Linux", "Wire", "Testbed"], swiftSettings: strict),
        .testTarget(name: "BoardTests", dependencies: ["Board", "Testbed"], swiftSettings: strict),
        .target(name: "CX86Oracle", path: "Tests/CX86Oracle"),
        .testTarget(
            name: "X86Tests", dependencies: ["X86", "CX86", "CX86Oracle", "Linux", "Testbed"], swiftSettings: strict),
        // The other end of a virtio device: a driver, for tests and fuzzers.
        .target(
            name: "VirtioMock", dependencies: ["Virtio", "Board"], path: "Tests/VirtioMock", swiftSettings: strict),
        .testTarget(
            name: "VirtioTests",
            dependencies: ["Virtio", "VirtioMock", "rookery-agent", "Board", "Linux", "AllocationCount", "Testbed"],
            swiftSettings: strict),
        .testTarget(name: "ChipsTests", dependencies: ["Chips", "Board", "Testbed"], swiftSettings: strict),
        // Works on a disk image until it is killed.
        .executableTarget(
            name: "disk-writer", dependencies: ["DiskImage", "Board", "Linux"], path: "Tests/DiskWriter",
            swiftSettings: strict),
        .testTarget(
            name: "DiskImageTests", dependencies: ["DiskImage", "Board", "Linux", "Testbed"], swiftSettings: strict),
        .testTarget(
            name: "GuestImagesTests", dependencies: ["GuestImages", "Linux", "Testbed"],
            swiftSettings: strict),
        .testTarget(
            name: "VMMTests",
            dependencies: [
                "VMM", "Board", "Chips", "DiskImage", "VirtualMachine", "Virtio", "X86", "Linux", "Testbed",
            ],
            swiftSettings: strict),
        .testTarget(name: "WireTests", dependencies: ["Wire", "Testbed"], swiftSettings: strict),
        .testTarget(
            name: "SwitchTests", dependencies: ["Switch", "Wire", "AllocationCount", "Testbed"],
            exclude: ["Recordings"], swiftSettings: strict),
        .testTarget(
            name: "PortsTests", dependencies: ["Ports", "Switch", "HostNetwork", "Linux", "Virtio", "Wire", "Testbed"],
            swiftSettings: strict),
        .testTarget(
            name: "OpenFlowTests", dependencies: ["OpenFlow", "Switch", "Wire", "Testbed"],
            exclude: ["Golden", "Recorder"],
            swiftSettings: strict),
        .testTarget(name: "OVSDBTests", dependencies: ["OVSDB", "Linux", "Testbed"], swiftSettings: strict),
        .testTarget(name: "StreamsTests", dependencies: ["Streams", "Linux", "Testbed"], swiftSettings: strict),
        .testTarget(
            name: "VirtualSwitchTests",
            dependencies: [
                "VirtualSwitch", "rookery-switchd", "OpenFlow", "OVSDB", "Streams", "Ports", "Switch", "HostNetwork",
                "Linux", "Wire", "Testbed",
            ],
            exclude: ["Peers/Scripts", "Tools/Scenarios"],
            swiftSettings: strict),
        .testTarget(
            name: "ControllerTests",
            dependencies: ["Controller", "VirtualSwitch", "OpenFlow", "Streams", "Switch", "Wire", "Testbed"],
            swiftSettings: strict),
        .testTarget(
            name: "TopologyTests", dependencies: ["Topology", "Switch", "Wire", "Testbed"], exclude: ["Recordings"],
            swiftSettings: strict),
        .testTarget(
            name: "LabTests",
            dependencies: [
                "Lab", "rookery-lab", "Topology", "VirtualMachine", "Switch", "HostNetwork", "Linux", "Wire", "Testbed",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RookeryTests",
            dependencies: [
                "rookery", "rookery-lab", "rookery-switchd", "rookery-vmm", "rookery-agent", "rookery-work", "Lab",
                "Topology", "Switch",
                "Linux",
                "Wire",
                "Testbed",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
