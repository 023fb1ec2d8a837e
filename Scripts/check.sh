#!/bin/bash
# What a machine can see of the code's taste. Prints each offence and ends with status 1 if there is one.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0
fail() {
    echo "check: $*" >&2
    status=1
}

# Formatting and lint.
mapfile -t folders < <(git ls-files '*.swift' | xargs -n1 dirname | sort -u)
swift format lint --strict -p --configuration .swift-format -r Package.swift Sources Tests ||
    fail "formatting: run 'make format'"

# The pure cores import neither Glibc nor Foundation.
if grep -nE '^(@preconcurrency )?import (Glibc|Foundation|FoundationEssentials|Musl|Dispatch)' \
    -r Sources/Wire Sources/Switch Sources/OpenFlow Sources/Board Sources/Chips Sources/X86; then
    fail "Wire, Switch, OpenFlow, Board, Chips and X86 are pure: packets, memory, time and randomness are handed in"
fi

# Only Linux (and its shim) imports CLinux... and HostNetwork, which speaks the kernel's network interfaces.
if grep -lE '^import CLinux' -r Sources | grep -vE '^Sources/(CLinux|Linux|HostNetwork)/'; then
    fail "only Linux and HostNetwork import CLinux"
fi

# File names say what is inside.
if git ls-files 'Sources/*.swift' | grep -E '(Utils?|Helpers?|Extras|Misc|Common|Manager)\.swift$'; then
    fail "a file name that does not say what is inside"
fi

# Warnings are errors, and imports are declared.
swift build --explicit-target-dependency-import-check error --omit-frame-pointers -c release 2>&1 | tail -n 3 || fail "the build"

# No reference counting, allocation or exclusivity check in the functions that every packet runs through.
if [ -x Benchmarks/check-hot-functions.sh ]; then Benchmarks/check-hot-functions.sh || fail "a hot function"; fi

[ $status = 0 ] && echo "check: all well"
exit $status
