// The kernel's virtual machine monitor (Documentation/virt/kvm/api.rst): request numbers, and what Swift does not import:
// the unions of kvm_run and the structs that end in arrays of any length.
#ifndef CLINUX_KVM_H
#define CLINUX_KVM_H

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

static const unsigned long RK_KVM_GET_API_VERSION = KVM_GET_API_VERSION;
static const unsigned long RK_KVM_CREATE_VM = KVM_CREATE_VM;
static const unsigned long RK_KVM_CHECK_EXTENSION = KVM_CHECK_EXTENSION;
static const unsigned long RK_KVM_GET_VCPU_MMAP_SIZE = KVM_GET_VCPU_MMAP_SIZE;
static const unsigned long RK_KVM_CREATE_VCPU = KVM_CREATE_VCPU;
static const unsigned long RK_KVM_GET_DIRTY_LOG = KVM_GET_DIRTY_LOG;
static const unsigned long RK_KVM_SET_USER_MEMORY_REGION = KVM_SET_USER_MEMORY_REGION;
static const unsigned long RK_KVM_SET_TSS_ADDR = KVM_SET_TSS_ADDR;
static const unsigned long RK_KVM_SET_IDENTITY_MAP_ADDR = KVM_SET_IDENTITY_MAP_ADDR;
static const unsigned long RK_KVM_CREATE_IRQCHIP = KVM_CREATE_IRQCHIP;
static const unsigned long RK_KVM_CREATE_PIT2 = KVM_CREATE_PIT2;
static const unsigned long RK_KVM_IRQ_LINE = KVM_IRQ_LINE;
static const unsigned long RK_KVM_IRQFD = KVM_IRQFD;
static const unsigned long RK_KVM_IOEVENTFD = KVM_IOEVENTFD;
static const unsigned long RK_KVM_SIGNAL_MSI = KVM_SIGNAL_MSI;
static const unsigned long RK_KVM_GET_CLOCK = KVM_GET_CLOCK;
static const unsigned long RK_KVM_SET_CLOCK = KVM_SET_CLOCK;
static const unsigned long RK_KVM_GET_TSC_KHZ = KVM_GET_TSC_KHZ;
static const unsigned long RK_KVM_RUN = KVM_RUN;
static const unsigned long RK_KVM_GET_REGS = KVM_GET_REGS;
static const unsigned long RK_KVM_SET_REGS = KVM_SET_REGS;
static const unsigned long RK_KVM_GET_SREGS = KVM_GET_SREGS;
static const unsigned long RK_KVM_SET_SREGS = KVM_SET_SREGS;
static const unsigned long RK_KVM_GET_FPU = KVM_GET_FPU;
static const unsigned long RK_KVM_SET_FPU = KVM_SET_FPU;
static const unsigned long RK_KVM_GET_LAPIC = KVM_GET_LAPIC;
static const unsigned long RK_KVM_SET_LAPIC = KVM_SET_LAPIC;
static const unsigned long RK_KVM_GET_MP_STATE = KVM_GET_MP_STATE;
static const unsigned long RK_KVM_SET_MP_STATE = KVM_SET_MP_STATE;
static const unsigned long RK_KVM_GET_VCPU_EVENTS = KVM_GET_VCPU_EVENTS;
static const unsigned long RK_KVM_SET_VCPU_EVENTS = KVM_SET_VCPU_EVENTS;
static const unsigned long RK_KVM_KVMCLOCK_CTRL = KVM_KVMCLOCK_CTRL;

/// Why KVM_RUN returned (KVM_EXIT_*).
static inline uint32_t rk_kvm_exit_reason(const void *run) { return ((const struct kvm_run *)run)->exit_reason; }

/// KVM_EXIT_IO: `count` items of `size` bytes lie at `data`, which is for IN to be filled.
struct rk_kvm_io {
    uint8_t is_write;
    uint8_t size;
    uint16_t port;
    uint32_t count;
    void *data;
};
static inline struct rk_kvm_io rk_kvm_exit_io(void *run) {
    struct kvm_run *state = (struct kvm_run *)run;
    struct rk_kvm_io io = {state->io.direction == KVM_EXIT_IO_OUT, state->io.size, state->io.port, state->io.count,
                           (char *)run + state->io.data_offset};
    return io;
}

/// KVM_EXIT_MMIO: `size` bytes at `data`, which is for loads to be filled.
struct rk_kvm_mmio {
    uint64_t address;
    uint32_t size;
    uint8_t is_write;
    void *data;
};
static inline struct rk_kvm_mmio rk_kvm_exit_mmio(void *run) {
    struct kvm_run *state = (struct kvm_run *)run;
    struct rk_kvm_mmio mmio = {state->mmio.phys_addr, state->mmio.len, state->mmio.is_write, state->mmio.data};
    return mmio;
}

static inline uint64_t rk_kvm_entry_failure(const void *run) {
    return ((const struct kvm_run *)run)->fail_entry.hardware_entry_failure_reason;
}
static inline uint32_t rk_kvm_internal_suberror(const void *run) {
    return ((const struct kvm_run *)run)->internal.suberror;
}
static inline uint32_t rk_kvm_system_event(const void *run) { return ((const struct kvm_run *)run)->system_event.type; }

/// Makes the next KVM_RUN return at once, or at once when it has finished a device access (KVM_CAP_IMMEDIATE_EXIT).
static inline void rk_kvm_set_immediate_exit(void *run, uint8_t on) {
    __atomic_store_n(&((struct kvm_run *)run)->immediate_exit, on, __ATOMIC_SEQ_CST);
}

/// The CPUID leaves that this kernel and processor can give to a guest, or those of a processor. `*count`: room for how
/// many, and then how many there are; E2BIG: more.
static inline int rk_kvm_get_cpuid(int fd, struct kvm_cpuid_entry2 *entries, uint32_t *count) {
    struct kvm_cpuid2 *list =
        (struct kvm_cpuid2 *)calloc(1, sizeof(struct kvm_cpuid2) + *count * sizeof(struct kvm_cpuid_entry2));
    if (!list)
        return -1;
    list->nent = *count;
    int rc = ioctl(fd, KVM_GET_SUPPORTED_CPUID, list);
    if (rc >= 0) {
        *count = list->nent;
        memcpy(entries, list->entries, list->nent * sizeof(struct kvm_cpuid_entry2));
    }
    free(list);
    return rc;
}

static inline int rk_kvm_set_cpuid(int fd, const struct kvm_cpuid_entry2 *entries, uint32_t count) {
    struct kvm_cpuid2 *list =
        (struct kvm_cpuid2 *)calloc(1, sizeof(struct kvm_cpuid2) + count * sizeof(struct kvm_cpuid_entry2));
    if (!list)
        return -1;
    list->nent = count;
    memcpy(list->entries, entries, count * sizeof(struct kvm_cpuid_entry2));
    int rc = ioctl(fd, KVM_SET_CPUID2, list);
    free(list);
    return rc;
}

/// One model-specific register. Returns 1, or 0 where there is no such register, or -1.
static inline int rk_kvm_access_msr(int fd, uint32_t index, uint64_t *value, int set) {
    struct { // struct kvm_msrs with one entry
        uint32_t count;
        uint32_t padding;
        struct kvm_msr_entry entry;
    } list;
    memset(&list, 0, sizeof list);
    list.count = 1;
    list.entry.index = index;
    list.entry.data = *value;
    int rc = ioctl(fd, set ? KVM_SET_MSRS : KVM_GET_MSRS, &list);
    if (rc == 1 && !set)
        *value = list.entry.data;
    return rc;
}

/// A route from a global interrupt number (GSI): to a pin of an interrupt controller, or a message.
struct rk_kvm_route {
    uint32_t gsi;
    uint32_t is_message;
    uint32_t chip; ///< KVM_IRQCHIP_*
    uint32_t pin;
    uint64_t address;
    uint32_t data;
};

/// Replaces all routes.
static inline int rk_kvm_set_routes(int fd, const struct rk_kvm_route *routes, uint32_t count) {
    struct kvm_irq_routing *table =
        (struct kvm_irq_routing *)calloc(1, sizeof(struct kvm_irq_routing) + count * sizeof(struct kvm_irq_routing_entry));
    if (!table)
        return -1;
    table->nr = count;
    for (uint32_t i = 0; i < count; i++) {
        struct kvm_irq_routing_entry *entry = &table->entries[i];
        entry->gsi = routes[i].gsi;
        if (routes[i].is_message) {
            entry->type = KVM_IRQ_ROUTING_MSI;
            entry->u.msi.address_lo = (uint32_t)routes[i].address;
            entry->u.msi.address_hi = (uint32_t)(routes[i].address >> 32);
            entry->u.msi.data = routes[i].data;
        } else {
            entry->type = KVM_IRQ_ROUTING_IRQCHIP;
            entry->u.irqchip.irqchip = routes[i].chip;
            entry->u.irqchip.pin = routes[i].pin;
        }
    }
    int rc = ioctl(fd, KVM_SET_GSI_ROUTING, table);
    free(table);
    return rc;
}

static inline int rk_kvm_set_line(int fd, uint32_t gsi, uint32_t level) {
    struct kvm_irq_level line;
    memset(&line, 0, sizeof line);
    line.irq = gsi;
    line.level = level;
    return ioctl(fd, KVM_IRQ_LINE, &line);
}

/// Bits of the pages of `slot` written since the last call; one bit a page, 64-bit words.
static inline int rk_kvm_get_dirty_log(int fd, uint32_t slot, uint64_t *words) {
    struct kvm_dirty_log log;
    memset(&log, 0, sizeof log);
    log.slot = slot;
    log.dirty_bitmap = words;
    return ioctl(fd, KVM_GET_DIRTY_LOG, &log);
}

/// The signals that are blocked while the processor runs: 8 bytes, the kernel's sigset.
static inline int rk_kvm_set_signal_mask(int fd, uint64_t blocked) {
    struct { // struct kvm_signal_mask with a set of 64 signals
        uint32_t length;
        uint8_t set[8];
    } mask;
    mask.length = sizeof mask.set;
    memcpy(mask.set, &blocked, sizeof mask.set);
    return ioctl(fd, KVM_SET_SIGNAL_MASK, &mask);
}

#endif
