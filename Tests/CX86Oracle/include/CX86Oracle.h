// Runs one instruction on the real CPU, for tests of the CPU in software.
#ifndef ROOKERY_CX86_ORACLE_H
#define ROOKERY_CX86_ORACLE_H
#include <stdint.h>
#endif
