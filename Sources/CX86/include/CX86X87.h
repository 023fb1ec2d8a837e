// x87 on the host's own: a register file in FXSAVE64's layout is loaded, one instruction runs, and what became of it
// is saved. Exceptions are unmasked as the guest has them: the host would raise them at its next waiting instruction,
// and they are cleared before that comes.
#ifndef ROOKERY_CX86_X87_H
#define ROOKERY_CX86_X87_H

#include <stdbool.h>
#include <stdint.h>

/// The code of an x87 instruction: `first` is D8 to DF. `second` from C0 on names a form without memory operand; below,
/// bits 3 to 5 name the instruction (/0 to /7) and the operand is in memory. FLDENV and its kin have their 32-bit
/// format.
const void *cx86_x87_code(uint8_t first, uint8_t second);

/// Runs `code` on the registers in `from`, where no exception may be pending, and leaves them in `to`, which may be the
/// same. The fields FOP, FIP and FDP are kept as they are.
/// - operand: of the instruction's size.
/// - flags: SF ZF AF PF CF as LAHF has them, for FCMOVcc.
/// Returns the flags behind the instruction, which FCOMI and its kin change.
uint8_t cx86_x87_run(const void *from, void *to, void *operand, const void *code, uint8_t flags);

/// Whether a result of SSE would be inexact if exponents had no bounds: x87's have 15 bits, which is enough to tell.
/// - operation: 0 adds, 1 subtracts, 2 multiplies, 3 divides; 4 makes a single of the double at `a`.
/// - rounding: MXCSR.RC.
bool cx86_is_inexact(uint8_t operation, const void *a, const void *b, bool is_single, uint8_t rounding);

#endif
