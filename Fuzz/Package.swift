// swift-tools-version: 6.2
import PackageDescription

// Fuzz targets, built with libFuzzer and the address sanitizer; `./run.sh NAME SECONDS` builds and runs one.
//
// The sources under test are linked into this package (`Sources/Wire`, `Sources/Switch` and others are symbolic links), because they
// too have to be compiled with coverage counters. On Linux SwiftPM makes `main` an alias of `NAME_main`, so each target
// has that function and hands it to libFuzzer's driver (`Driver`).

let instrumented: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library"]),
]
let linked: [LinkerSetting] = [.unsafeFlags(["-sanitize=fuzzer,address"])]

let package = Package(
    name: "rookery-fuzz",
    targets: [
        .target(name: "Wire", swiftSettings: instrumented),
        .target(name: "Switch", dependencies: ["Wire"], swiftSettings: instrumented),
        .target(name: "CLinux"),
        .target(name: "Linux", dependencies: ["CLinux"], swiftSettings: instrumented),
        .target(name: "OVSDB", dependencies: ["Linux"], swiftSettings: instrumented),
        .target(name: "OpenFlow", dependencies: ["Switch", "Wire"], swiftSettings: instrumented),
        .target(name: "CX86", cSettings: [.unsafeFlags(["-O2", "-fno-strict-aliasing"])]),
        .target(name: "X86", dependencies: ["Board", "CX86"], swiftSettings: instrumented),
        .target(name: "Board", swiftSettings: instrumented),
        .target(name: "Chips", dependencies: ["Board", "Wire"], swiftSettings: instrumented),
        .target(name: "ChipBench", dependencies: ["Board"], swiftSettings: instrumented),
        .target(name: "Virtio", dependencies: ["Board", "Linux", "Wire"], swiftSettings: instrumented),
        .target(name: "VirtioMock", dependencies: ["Board", "Virtio"], swiftSettings: instrumented),
        .target(name: "VirtioScript", dependencies: ["Board", "Virtio", "VirtioMock"], swiftSettings: instrumented),
        .target(name: "DiskImage", dependencies: ["Board", "Linux"], swiftSettings: instrumented),
        .target(
            name: "GuestImages", dependencies: ["Board", "DiskImage", "Linux"],
            swiftSettings: instrumented + [.unsafeFlags(["-enable-testing"])]),
        .target(name: "VirtualMachine", dependencies: ["Linux"], swiftSettings: instrumented),
        .target(
            name: "VMM",
            dependencies: ["Board", "Chips", "DiskImage", "Linux", "VirtualMachine", "Virtio", "X86"],
            swiftSettings: instrumented),
        .target(name: "Driver", swiftSettings: instrumented),
        .executableTarget(
            name: "AHCIDisk", dependencies: ["Board", "ChipBench", "Chips", "Driver"], swiftSettings: instrumented,
            linkerSettings: linked),
        .executableTarget(
            name: "E1000Card", dependencies: ["Board", "ChipBench", "Chips", "Driver"], swiftSettings: instrumented,
            linkerSettings: linked),
        .executableTarget(
            name: "IDEDisk", dependencies: ["Board", "ChipBench", "Chips", "Driver"], swiftSettings: instrumented,
            linkerSettings: linked),
        .executableTarget(
            name: "PCBoard", dependencies: ["Board", "ChipBench", "Chips", "Driver"], swiftSettings: instrumented,
            linkerSettings: linked),
        .executableTarget(
            name: "BootKernel", dependencies: ["Board", "Driver", "VMM"], swiftSettings: instrumented,
            linkerSettings: linked),
        .executableTarget(
            name: "Datapath", dependencies: ["Driver", "Switch", "Wire"], swiftSettings: instrumented,
            linkerSettings: linked),
        .executableTarget(
            name: "DatabaseSession", dependencies: ["Driver", "OVSDB"], swiftSettings: instrumented,
            linkerSettings: linked),
        .executableTarget(
            name: "FlowSyntax", dependencies: ["Driver", "OpenFlow", "Switch"], swiftSettings: instrumented,
            linkerSettings: linked),
        .executableTarget(
            name: "GuestFiles", dependencies: ["Driver", "GuestImages"], swiftSettings: instrumented,
            linkerSettings: linked),
        .executableTarget(
            name: "LocalAPIC", dependencies: ["Driver", "X86"], swiftSettings: instrumented, linkerSettings: linked),
        .executableTarget(
            name: "MachineText", dependencies: ["Driver", "VirtualMachine"], swiftSettings: instrumented,
            linkerSettings: linked),
        .executableTarget(
            name: "OpenFlowMessage", dependencies: ["Driver", "OpenFlow", "Switch"], swiftSettings: instrumented,
            linkerSettings: linked),
        .executableTarget(
            name: "PacketParser", dependencies: ["Driver", "Switch", "Wire"], swiftSettings: instrumented,
            linkerSettings: linked),
        .executableTarget(
            name: "VirtioBalloonDevice", dependencies: ["Driver", "Virtio", "VirtioMock", "VirtioScript"],
            swiftSettings: instrumented, linkerSettings: linked),
        .executableTarget(
            name: "VirtioBlockDevice", dependencies: ["Board", "Driver", "Virtio", "VirtioMock", "VirtioScript"],
            swiftSettings: instrumented, linkerSettings: linked),
        .executableTarget(
            name: "VirtioConsoleDevice", dependencies: ["Board", "Driver", "Virtio", "VirtioMock", "VirtioScript"],
            swiftSettings: instrumented, linkerSettings: linked),
        .executableTarget(
            name: "VirtioEntropyDevice", dependencies: ["Driver", "Virtio", "VirtioMock", "VirtioScript"],
            swiftSettings: instrumented, linkerSettings: linked),
        .executableTarget(
            name: "VirtioNetworkDevice", dependencies: ["Board", "Driver", "Virtio", "VirtioMock", "VirtioScript"],
            swiftSettings: instrumented, linkerSettings: linked),
        .executableTarget(
            name: "VirtioSharedDirectoryServer", dependencies: ["Driver", "Linux", "Virtio", "VirtioScript"],
            swiftSettings: instrumented, linkerSettings: linked),
        .executableTarget(
            name: "VirtioSocketDevice", dependencies: ["Driver", "Virtio", "VirtioScript"],
            swiftSettings: instrumented, linkerSettings: linked),
        .executableTarget(
            name: "SerialSocketsLine", dependencies: ["Driver", "Virtio", "VirtioScript"],
            swiftSettings: instrumented, linkerSettings: linked),
        .executableTarget(
            name: "VirtioUserBackend", dependencies: ["Driver", "Linux", "Virtio", "VirtioScript"],
            swiftSettings: instrumented, linkerSettings: linked),
        .executableTarget(
            name: "VirtioUserFrontend",
            dependencies: ["Board", "Driver", "Linux", "Virtio", "VirtioMock", "VirtioScript"],
            swiftSettings: instrumented, linkerSettings: linked),
        .executableTarget(
            name: "VirtioUserPort", dependencies: ["Board", "Driver", "Linux", "Virtio", "VirtioScript"],
            swiftSettings: instrumented, linkerSettings: linked),
        .executableTarget(
            name: "QCOW2", dependencies: ["Board", "DiskImage", "Driver"], swiftSettings: instrumented,
            linkerSettings: linked),
        .executableTarget(
            name: "VirtioHeader", dependencies: ["Driver", "Switch", "Wire"], swiftSettings: instrumented,
            linkerSettings: linked),
        .executableTarget(
            name: "X86Decoder", dependencies: ["Driver", "X86"], swiftSettings: instrumented, linkerSettings: linked),
        .executableTarget(
            name: "X86Processor", dependencies: ["Driver", "X86"], swiftSettings: instrumented, linkerSettings: linked),
    ],
    swiftLanguageModes: [.v6]
)
