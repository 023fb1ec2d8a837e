#include "CX86Oracle.h"
