#!/bin/sh
# Builds a fuzz target and runs it: ./run.sh NAME [SECONDS] [libFuzzer options…]
# NAME is a folder of Sources with fuzz.swift in it. It starts from seeds/NAME, keeps what it finds in
# corpus/NAME, and crashes in crashes/NAME.
set -eu
cd "$(dirname "$0")"
if [ $# -lt 1 ] || [ ! -f "Sources/$1/fuzz.swift" ]; then
    echo "usage: $0 NAME [SECONDS] [libFuzzer options…]; NAME is one of:" >&2
    for target in Sources/*/fuzz.swift; do echo "  $(basename "$(dirname "$target")")" >&2; done
    exit 2
fi
name=$1
seconds=${2:-60}
shift
[ $# -eq 0 ] || shift
scratch=${FUZZ_SCRATCH:-.build}
swift build -c release --scratch-path "$scratch" --product "$name"
mkdir -p "corpus/$name" "crashes/$name"
# A crash must end in libFuzzer's report, not in Swift's.
export SWIFT_BACKTRACE=enable=no
exec "$scratch/release/$name" -max_total_time="$seconds" -max_len=4096 -artifact_prefix="crashes/$name/" \
    "$@" "corpus/$name" "seeds/$name"
