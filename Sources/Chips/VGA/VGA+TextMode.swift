extension VGA {
    /// Sets mode 3 (80 columns, 25 rows, 16 colours; IBM PS/2 Hardware Interface Technical Reference, table of modes) and clears
    /// the screen: what a VGA's firmware does, for machines that start a kernel without firmware.
    public func setTextMode() {
        let registers: [(index: Int, data: Int, values: [UInt8])] = [
            (0x3c4, 0x3c5, [0x03, 0x00, 0x03, 0x00, 0x02]),
            (
                0x3d4, 0x3d5,
                [
                    0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00,
                    0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
                ]
            ),
            (0x3ce, 0x3cf, [0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff]),
        ]
        // Colour, 720 dots, memory enabled.
        writeRegister(0x67, at: 0x3c2)
        for group in registers {
            for (index, value) in group.values.enumerated() {
                writeRegister(UInt8(index), at: group.index)
                writeRegister(value, at: group.data)
            }
        }
        let attributes: [UInt8] = [
            0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00,
            0x0f, 0x08, 0x00,
        ]
        // Reading the status makes the attribute port take an index first.
        _ = readRegister(at: 0x3da)
        for (index, value) in attributes.enumerated() {
            writeRegister(UInt8(index), at: 0x3c0)
            writeRegister(value, at: 0x3c0)
        }
        writeRegister(0x20, at: 0x3c0)
        // Blanks, light grey on black.
        for cell in 0..<80 * 25 { memory[cell] = 0x0720 }
        markDirty()
    }
}
