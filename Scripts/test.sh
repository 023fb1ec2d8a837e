#!/bin/bash
# All tests: the checks, then the unit, system and end-to-end tests, one after the other, since many of them look at
# what is left on the machine. Arguments go to `swift test`, for instance --filter NAME.
set -euo pipefail
cd "$(dirname "$0")/.."

./Scripts/check.sh
swift build --build-tests --explicit-target-dependency-import-check error
swift test --skip-build --no-parallel "$@"
