import Chips
import Virtio

// The DSDT: what cannot be found by looking for it.
extension ACPITables {
    static func differentiatedDescription(_ machine: MachineDescription) -> ACPITable {
        var devices: [AML.Bytes] = (0..<machine.processorCount).map(processor)
        if !machine.pciLines.isEmpty {
            devices.append(rootBridge(machine))
        }
        if let space = machine.configurationSpace { devices.append(reservedMemory(space)) }
        if machine.hasClock {
            devices.append(
                AML.device(
                    "RTC_",
                    [hardware("PNP0B00"), AML.name("_CRS", AML.resources([AML.ports(0x70, 8), AML.interrupt(8)]))]))
        }
        if machine.hasKeyboard {
            devices.append(
                AML.device(
                    "KBD_",
                    [
                        hardware("PNP0303"),
                        AML.name("_CRS", AML.resources([AML.ports(0x60, 1), AML.ports(0x64, 1), AML.interrupt(1)])),
                    ]))
        }
        for (index, serial) in machine.serialPorts.enumerated() {
            devices.append(
                AML.device(
                    "COM\(index + 1)",
                    [
                        hardware("PNP0501"), AML.name("_UID", AML.integer(UInt64(index + 1))), present,
                        AML.name("_CRS", AML.resources([AML.ports(serial.port, 8), AML.interrupt(serial.line)])),
                    ]))
        }
        if machine.hasHPET {
            devices.append(
                AML.device(
                    "HPET",
                    [
                        hardware("PNP0103"), present,
                        AML.name("_CRS", AML.resources([AML.memory32Fixed(PhysicalLayout.hpet, 0x400)])),
                    ]))
        }
        if machine.hasPanicDevice {
            devices.append(
                AML.device(
                    "PEVT",
                    [
                        AML.name("_HID", AML.string("QEMU0001")), present,
                        AML.name("_CRS", AML.resources([AML.ports(UInt16(PanicDevice.port), 1)])),
                    ]))
        }
        devices += memoryMappedDevices(machine)
        let off = AML.integer(UInt64(PowerManagement.softOffType))
        let body =
            AML.scope("\\_SB_", devices) + AML.name("\\_S5_", AML.package([off, off, AML.integer(0), AML.integer(0)]))
        return ACPITable("DSDT", revision: 2, body: body)
    }

    /// virtio's, by the name that kernels know them by (Linux: virtio_mmio).
    private static func memoryMappedDevices(_ machine: MachineDescription) -> [AML.Bytes] {
        let devices = machine.memoryMappedDevices
        return devices.enumerated().map { index, device in
            let digits = String(index, radix: 16, uppercase: true)
            let isShared = devices.reduce(0) { $0 + ($1.line == device.line ? 1 : 0) } > 1
            return AML.device(
                "VR" + String(repeating: "0", count: 2 - digits.count) + digits,
                [
                    AML.name("_HID", AML.string("LNRO0005")), AML.name("_UID", AML.integer(UInt64(index))), present,
                    AML.name(
                        "_CRS",
                        AML.resources([
                            AML.memory32Fixed(device.address, VirtioMMIO.byteCount),
                            AML.extendedInterrupt(device.line, isLevel: true, isShared: isShared),
                        ])),
                ])
        }
    }

    private static func hardware(_ id: String) -> AML.Bytes { AML.name("_HID", AML.eisaID(id)) }

    /// Present, enabled, shown, working.
    private static let present = AML.name("_STA", AML.integer(0x0f))

    private static func processor(_ number: Int) -> AML.Bytes {
        let digits = String(number, radix: 16, uppercase: true)
        return AML.device(
            "C" + String(repeating: "0", count: 3 - digits.count) + digits,
            [AML.name("_HID", AML.string("ACPI0007")), AML.name("_UID", AML.integer(UInt64(number)))])
    }

    /// ECAM's range: nobody else is to use it (PCI Firmware Specification 3.0, 4.1.2).
    private static func reservedMemory(_ address: UInt64) -> AML.Bytes {
        AML.device(
            "MBRD",
            [
                hardware("PNP0C02"),
                AML.name(
                    "_CRS",
                    AML.resources([
                        AML.memory32Fixed(address, PhysicalLayout.pciConfigurationByteCount)
                    ])),
            ])
    }

    private static func rootBridge(_ machine: MachineDescription) -> AML.Bytes {
        let window = UInt32(machine.pciWindow.lowerBound)...UInt32(machine.pciWindow.upperBound)
        let resources = [
            AML.busNumbers(0...0xff), AML.ports(0xcf8, 8), AML.portWindow(0...0xcf7), AML.portWindow(0xd00...0xffff),
            AML.memoryWindow32(window), AML.memoryWindow64(PhysicalLayout.highPCIWindow),
        ]
        // Pin p of device d leads to line (d + p) modulo their number, as the bus has it (`PCIBus.lineIndex`).
        let routes = (0..<32).flatMap { device in
            (0..<4).map { pin in
                AML.package([
                    AML.integer(UInt64(device) << 16 | 0xffff), AML.integer(UInt64(pin)), AML.integer(0),
                    AML.integer(UInt64(machine.pciLines[(device + pin) % machine.pciLines.count])),
                ])
            }
        }
        return AML.device(
            "PCI0",
            [
                hardware("PNP0A08"), AML.name("_CID", AML.eisaID("PNP0A03")), AML.name("_SEG", AML.integer(0)),
                AML.name("_BBN", AML.integer(0)), AML.name("_UID", AML.integer(0)),
                AML.name("_CRS", AML.resources(resources)), AML.name("_PRT", AML.package(routes)),
            ])
    }
}
