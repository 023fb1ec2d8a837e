import Board

extension VGA {
    /// The colour and the monochrome places of the CRT controller and of the status register; only one is there.
    private func isPresent(_ port: Int) -> Bool {
        let isColour = miscellaneous & 1 != 0
        if (0x3b0..<0x3c0).contains(port) { return !isColour }
        if (0x3d0..<0x3e0).contains(port) { return isColour }
        return true
    }

    func readRegister(at port: Int) -> UInt8 {
        guard isPresent(port) else { return 0xff }
        switch port {
        case 0x3c0: return attributeIndex
        case 0x3c1: return attributes[Int(attributeIndex & 0x1f)]
        // Input status 0: a colour monitor answers the sense test.
        case 0x3c2: return 0x10
        case 0x3c4: return sequencerIndex
        case 0x3c5: return sequencer[Int(sequencerIndex & 7)]
        case 0x3c6: return palette.mask
        case 0x3c7: return palette.isReading ? 3 : 0
        case 0x3c8: return UInt8(palette.writePosition / 3)
        case 0x3c9:
            defer { palette.readPosition = (palette.readPosition + 1) % 768 }
            return palette.bytes[palette.readPosition]
        case 0x3ca: return featureControl
        case 0x3cc: return miscellaneous
        case 0x3ce: return graphicsIndex
        case 0x3cf: return graphics[Int(graphicsIndex & 15)]
        case 0x3b4, 0x3d4: return crtcIndex
        case 0x3b5, 0x3d5: return crtc[Int(crtcIndex & 31)]
        case 0x3ba, 0x3da:
            isAttributeData = false
            return status
        default: return 0xff
        }
    }

    /// Input status 1: 449 lines in 14.27 ms; what is not shown of a line, and the retrace of the screen.
    private var status: UInt8 {
        let inFrame = clock.now % 14_268_000
        if inFrame >= 13_600_000 { return 0x09 }
        return inFrame % 31_777 >= 25_400 ? 0x01 : 0x00
    }

    func writeRegister(_ value: UInt8, at port: Int) {
        guard isPresent(port) else { return }
        switch port {
        case 0x3c0:
            isAttributeData.toggle()
            if isAttributeData {
                attributeIndex = value & 0x3f
            } else {
                attributes[Int(attributeIndex & 0x1f)] = value
            }
            markDirty()
        case 0x3c2:
            miscellaneous = value
            markDirty()
        case 0x3c4: sequencerIndex = value & 7
        case 0x3c5:
            sequencer[Int(sequencerIndex)] = value
            markDirty()
        case 0x3c6: palette.mask = value
        case 0x3c7:
            palette.readPosition = Int(value) * 3
            palette.isReading = true
        case 0x3c8:
            palette.writePosition = Int(value) * 3
            palette.isReading = false
        case 0x3c9:
            palette.bytes[palette.writePosition] = value & 0x3f
            palette.writePosition = (palette.writePosition + 1) % 768
        case 0x3ce: graphicsIndex = value & 15
        case 0x3cf:
            graphics[Int(graphicsIndex)] = value
            markDirty()
        case 0x3b4, 0x3d4: crtcIndex = value & 31
        case 0x3b5, 0x3d5: setCRTC(value)
        case 0x3ba, 0x3da: featureControl = value
        default: break
        }
    }

    private func setCRTC(_ value: UInt8) {
        let index = Int(crtcIndex)
        // Registers 0 to 7 can be protected, but for bit 8 of the line compare.
        if index <= 7, crtc[0x11] & 0x80 != 0 {
            guard index == 7 else { return }
            crtc[7] = crtc[7] & ~0x10 | value & 0x10
        } else {
            crtc[index] = value
        }
        markDirty()
    }
}
