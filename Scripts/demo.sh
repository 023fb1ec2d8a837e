#!/bin/bash
# The main job on real input: the Abilene backbone with the delays of its true distances, measured. Under a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
rookery="$PWD/.build/release/rookery"
lab=abilene-demo
files=$(mktemp -d)

cleanup() {
    "$rookery" down $lab >/dev/null 2>&1 || true
    rm -rf "$files"
}
trap cleanup EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() {
    printf '\033[36m$ rookery %s\033[0m\n' "$*"
    "$rookery" "$@"
}
if [ ! -t 1 ]; then
    say() { printf '\n== %s\n' "$*"; }
    run() {
        printf '$ rookery %s\n' "$*"
        "$rookery" "$@"
    }
fi

say "1. Eleven cities, a switch and a host in each, links with their true delays"
run up Examples/abilene.yml --name $lab -d

say "2. Every city pings every city: 110 pairs against the propagation delay of their way"
run ping -n $lab -c 3 --expect

say "3. A web server in New York behind a link of 100 Mbit/s, and a download of 40 MB in Seattle"
head -c 40000000 /dev/urandom >"$files/file"
run link set -n $lab h-new-york:new-york rate=100mbit
run exec -n $lab --detach h-new-york -- python3 -m http.server 80 --directory "$files"
run path -n $lab h-seattle h-new-york
for _ in $(seq 50); do
    "$rookery" exec -n $lab h-seattle -- curl -s -o /dev/null http://h-new-york/ && break
    sleep 0.1
done
run exec -n $lab h-seattle -- sh -c "curl -s -o '$files/copy' -w '%{size_download} bytes in %{time_total} s: %{speed_download} bytes/s of 12500000\n' http://h-new-york/file && cmp '$files/file' '$files/copy' && echo 'the copy is the original, byte for byte'"

say "4. A link on that way is cut: the spanning tree finds another one"
cut=$("$rookery" path -n $lab h-seattle h-new-york --json |
    python3 -c 'import json, sys; n = json.load(sys.stdin)["nodes"]; print(n[2] + ":" + n[3])')
run link down -n $lab "$cut"
run path -n $lab h-seattle h-new-york
run ping -n $lab -c 2 h-seattle h-new-york

say "5. What the links were asked to do, and what they did"
run inspect -n $lab --fidelity

say "6. The drawing, with what was measured"
run graph -n $lab --svg demo.svg --measure
run down $lab
