import Testing

@testable import Lab

@Suite("Pings by guests")
struct GuestPingTests {
    @Test("busybox's and iputils' summaries, with and without answers")
    func summaries() {
        let output = """
            PING 10.0.0.1 (10.0.0.1): 56 data bytes

            --- 10.0.0.1 ping statistics ---
            3 packets transmitted, 2 packets received, 33% packet loss
            round-trip min/avg/max = 0.914/1.166/1.646 ms
            PING 10.0.0.9 (10.0.0.9): 56 data bytes

            --- 10.0.0.9 ping statistics ---
            1 packets transmitted, 0 packets received, 100% packet loss
            PING h2 (10.0.0.2) 56(84) bytes of data.

            --- h2 ping statistics ---
            1 packets transmitted, 1 received, 0% packet loss, time 0ms
            rtt min/avg/max/mdev = 0.500/0.500/0.500/0.000 ms
            """
        #expect(
            GuestPing.summaries(output) == [
                .init(sent: 3, received: 2, minimum: 914_000, average: 1_166_000, maximum: 1_646_000),
                .init(sent: 1, received: 0),
                .init(sent: 1, received: 1, minimum: 500_000, average: 500_000, maximum: 500_000),
            ])
        #expect(GuestPing.summaries("sh: ping: not found") == [])
    }
}
