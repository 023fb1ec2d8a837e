#!/bin/bash
# All tests: the checks, the executables that end-to-end tests run, the unit and system tests. Ends with a plain count.
set -euo pipefail
cd "$(dirname "$0")/.."

./Scripts/check.sh
# End-to-end tests run the executables that users run.
swift build -c release --explicit-target-dependency-import-check error
ROOKERY_BIN="$PWD/.build/release" swift test --parallel "$@"
