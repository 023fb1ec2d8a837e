#!/bin/bash
# What a guest and its disks go through, with a whole machine; needs root, qemu-img and the mini image:
#
#     Scripts/machine-faults.sh [FOLDER OF rookery AND rookery-vmm]
#
# 1. The host's disk runs full under a growing image: the guest sees I/O errors and goes on, the image stays sound.
# 2. The monitor is killed (kill -9) while the guest writes: no acknowledged flush is lost.
set -euo pipefail

rookery=$(realpath "${1:-.build/release}")/rookery
scratch=$(mktemp -d /tmp/machine-faults.XXXXXX)
export ROOKERY_RUN_DIR=$scratch/run
failures=0
trap 'umount "$scratch/small" 2>/dev/null || true; rm -rf "$scratch"' EXIT
mkdir "$scratch/small" "$scratch/run"

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

echo "A full disk:"
mount -t tmpfs -o size=24m none "$scratch/small"
disk=$scratch/small/disk.qcow2
qemu-img create -q -f qcow2 "$disk" 200M
"$rookery" vm run mini --name full --disk "$disk,qcow2" -- sh -c '
    dd if=/dev/urandom of=/dev/vda bs=1M count=60 oflag=direct 2>&1
    echo the guest goes on' >"$scratch/full" 2>"$scratch/errors" || true
cat "$scratch/full" "$scratch/errors"
grep -q 'Input/output error' "$scratch/full" || fail "the guest saw no error"
grep -q 'the guest goes on' "$scratch/full" || fail "the guest did not go on"
grep -q 'No space left on device' "$scratch/errors" || fail "the host was not told"
qemu-img check "$disk" || fail "the image is not sound"

for format in qcow2 raw; do
    echo "A killed monitor, $format:"
    disk=$scratch/killed.$format
    qemu-img create -q -f "$format" "$disk" 64M
    for round in 1 2; do
        "$rookery" vm run mini --name "killed$round" --disk "$disk,$format" -- sh -c '
            number=0
            while :; do
                number=$((number + 1))
                printf %08d $number |
                    dd of=/dev/vda bs=512 seek=$((number * 37)) conv=fsync,sync,notrunc 2>/dev/null
                echo acknowledged $number
            done' >"$scratch/out" 2>/dev/null &
        runner=$!
        while [ "$(grep -c acknowledged "$scratch/out")" -lt $((20 + round * 15)) ]; do
            kill -0 $runner || break
            sleep 0.1
        done
        kill -9 "$(sed -n 's/^process=//p' "$ROOKERY_RUN_DIR/vm/killed$round/state")"
        wait $runner || true
        last=$(sed -n 's/^acknowledged //p' "$scratch/out" | tail -1)
        qemu-img convert -f "$format" -O raw "$disk" "$scratch/judged"
        lost=0
        for number in $(seq "$last"); do
            found=$(dd if="$scratch/judged" bs=512 skip=$((number * 37)) count=1 2>/dev/null | head -c 8)
            [ "$found" = "$(printf %08d "$number")" ] || lost=$((lost + 1))
        done
        echo "$last writes acknowledged, $lost lost"
        [ $lost = 0 ] || fail "$format: $lost acknowledged writes are lost"
        [ "$format" = raw ] || qemu-img check "$disk" >/dev/null || fail "the image is not sound"
    done
done
[ $failures = 0 ]
