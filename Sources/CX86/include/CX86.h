// The host's own floating-point and vector instructions, for a guest's: bit-exact because they are the same.
// And the host's atomic ones, for locked instructions.
#ifndef ROOKERY_CX86_H
#define ROOKERY_CX86_H

#include <stdint.h>

#include "CX86Atomics.h"
#include "CX86Vector.h"
#include "CX86X87.h"

#endif
