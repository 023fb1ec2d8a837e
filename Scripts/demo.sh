#!/bin/bash
# The main job on real input: the Abilene backbone with the delays of its true distances, measured. Under a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
rookery="${ROOKERY:-$PWD/.build/release/rookery}"
lab=abilene-demo
controlled=abilene-controlled
machines=machines-demo
files=$(mktemp -d)

cleanup() {
    for name in $lab $controlled $machines; do "$rookery" down $name >/dev/null 2>&1 || true; done
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
run exec -n $lab h-seattle -- sh -c "curl -s -o '$files/copy' \
    -w '%{size_download} bytes in %{time_total} s: %{speed_download} bytes/s of 12500000\n' http://h-new-york/file &&
    cmp '$files/file' '$files/copy' && echo 'the copy is the original, byte for byte'"

say "4. A link on that way is cut: the spanning tree finds another one"
cut=$("$rookery" path -n $lab h-seattle h-new-york --json |
    python3 -c 'import json, sys; n = json.load(sys.stdin)["nodes"]; print(n[2] + ":" + n[3])')
run link down -n $lab "$cut"
run path -n $lab h-seattle h-new-york
# Each switch on the new way hears of it one link's delay after the last.
for _ in $(seq 20); do "$rookery" ping -n $lab h-seattle h-new-york >/dev/null && break; done
run ping -n $lab h-seattle h-new-york

say "5. The same cities with a controller: OpenFlow, shortest paths. The link is cut while packets are on their way"
run up Examples/abilene.yml --name $controlled --controller shortest-path -d >/dev/null
run switch controllers $controlled/seattle
run path -n $controlled h-seattle h-new-york
"$rookery" exec -n $controlled h-seattle -- ping -i 0.01 -c 150 -W 1 h-new-york >"$files/pings" 2>&1 &
while [ "$(grep -c icmp_seq "$files/pings")" -lt 30 ]; do sleep 0.02; done
run link down -n $controlled "$cut"
wait $! || true
run path -n $controlled h-seattle h-new-york
python3 - "$files/pings" <<'END'
import re, sys
answers = {int(n): float(t) for n, t in re.findall(r'icmp_seq=(\d+) .*time=([\d.]+)', open(sys.argv[1]).read())}
longest = run = 0
for number in range(1, 151):
    run = 0 if number in answers else run + 1
    longest = max(longest, run)
print(f'{len(answers)} of 150 pings, one every 10 ms, were answered; {longest} in a row were lost: less than '
      f'{(longest + 1) * 10} ms without a way.')
before, after = sorted(answers)[10], max(answers)
print(f'A round trip took {answers[before]:.0f} ms before and takes {answers[after]:.0f} ms on the new way.')
END
run down $controlled

say "6. What the links were asked to do, and what they did"
run inspect -n $lab --fidelity

say "7. The drawing, with what was measured"
run graph -n $lab --svg demo.svg --measure
run down $lab

say "8. Virtual machines with Debian's own kernel, in a lab with a process: one by para-, one by full virtualization"
if command -v apt-get dpkg-deb >/dev/null; then
    run up Examples/machines.yml --name $machines -d
    run exec -n $machines vm1 -- sh -c 'uname -srv; ip -4 -o addr show eth0'
    run ping -n $machines h1 vm1
    run ping -n $machines h1 vm2
    run exec -n $machines --detach vm1 -- iperf3 -s -1
    for _ in $(seq 50); do
        "$rookery" exec -n $machines h1 -- iperf3 -c vm1 -t 2 >"$files/stream" 2>&1 && break
        sleep 0.1
    done
    tail -n 4 "$files/stream" | head -n 2
    run down $machines
else
    echo "Guests are made with apt and dpkg, which are not here: left out."
fi
