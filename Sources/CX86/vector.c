#include "CX86.h"
