import CX86

extension Processor {
    /// Whether the host has the instructions that a guest's MMX and SSE instructions run on, up to SSE4.2 (x86-64-v2). Where it has
    /// not, no processor in software may run.
    public static var isHostSufficient: Bool { cx86_host_has_vectors() }
}
