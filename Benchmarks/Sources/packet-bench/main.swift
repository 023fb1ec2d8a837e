import Switch
import Wire

// Prints the nanoseconds of one packet: the best of several rounds, so that a busy machine disturbs little.

// From a device to a device; each packet includes taking it from the pool, filling 64 bytes and giving it back.
measureChain("ideal, 1 switch", target: 60, Chain(switches: 1))
measureChain("ideal, 100 switches", target: 60, Chain(switches: 100))
measureChain("ideal, 1 switch, 1024 flows", target: 60, Chain(switches: 1, flows: 1024))
measureChain("delay 1 ms", Chain(switches: 1, profile: LinkProfile(delay: 1_000_000)))
measureChain(
    "rate 10 Gbit/s, delay 1 ms", Chain(switches: 1, profile: LinkProfile(rate: 10_000_000_000, delay: 1_000_000)))
measureChain(
    "loss 1 %",
    Chain(switches: 1, profile: LinkProfile(loss: .random(LinkProfile.Chance(probability: 0.01)))))
measureChain(
    "delay 1 ms, jitter 0.1 ms",
    Chain(switches: 1, profile: LinkProfile(delay: 1_000_000, jitter: LinkProfile.Jitter(spread: 100_000))))
measureChain(
    "broadcast to 16", operations: 100_000, Chain(switches: 1, listeners: 16, broadcast: true))

// Single steps.
measurePool()
measureSegmentation()
measureEditing()
measureTimerWheel()
