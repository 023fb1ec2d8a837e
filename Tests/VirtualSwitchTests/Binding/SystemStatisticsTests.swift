import Testing

@testable import VirtualSwitch

/// What the database shows of the machine, from what the kernel says.
@Suite struct SystemStatisticsTests {
    @Test func memory() {
        let text = """
            MemTotal:       24684084 kB
            MemFree:         1000000 kB
            MemAvailable:   17484628 kB
            Buffers:             100 kB
            Cached:             4000 kB
            SwapCached:            0 kB
            SwapTotal:          2048 kB
            SwapFree:           1048 kB
            """
        #expect(SystemStatistics.memory(text) == "24684084,23684084,4100,2048,1000")
    }

    @Test func processes() {
        // 100 ticks a second, pages of 4 KiB, a name with what could end it.
        let stat =
            "42 (a) b (c) S 1 42 42 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 4 0 500 15855616 1705 18446744073709551615 "
            + "1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
        #expect(
            SystemStatistics.process(stat, now: 25.5, ticks: 100, pageSize: 4096)
                == "15484,6820,2000,0,20500,20500,1")
        #expect(SystemStatistics.process("42 (a) S 1", now: 1, ticks: 100, pageSize: 4096) == nil)
        #expect(SystemStatistics.process("", now: 1, ticks: 100, pageSize: 4096) == nil)
    }

    @Test func fileSystems() {
        let mounts = """
            /dev/vda / ext4 rw,relatime 0 0
            proc /proc proc rw 0 0
            /dev/sr0 /media/a\\040b iso9660 ro,nosuid 0 0
            /dev/sda1 /data\\040two ext4 noatime,rw 0 0
            tmpfs /run tmpfs rw 0 0
            """
        #expect(SystemStatistics.places(mounts) == ["/", "/data two"])
    }

    @Test func numbers() {
        #expect([0, 0.05, 1.999, 12.5].map(SystemStatistics.decimal) == ["0.00", "0.05", "2.00", "12.50"])
    }
}
