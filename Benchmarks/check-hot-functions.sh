#!/bin/sh
# Disassembles the functions that every packet passes through and fails when one of them counts references, checks
# exclusivity, allocates, or copies memory by call: each costs more than the work itself.
#
# usage: check-hot-functions.sh [BINARY [PATTERN …]]
# BINARY: .build/release/rookery-lab where none is given. A PATTERN is an extended regular expression on the demangled
# name; without any, those of a packet's way. A pattern that no function has fails too, so that a renamed function does
# not go unchecked; a function in brackets below has none of its own when the compiler has put it into its callers.
set -eu

root=$(dirname "$0")/..
binary=${1:-$root/.build/release/rookery-lab}
[ $# -eq 0 ] || shift
[ -f "$binary" ] || { echo "$binary: no such file; build it with swift build -c release" >&2; exit 2; }
# [Datapath.send, arrive, emit; PacketPool.allocate, release; ExactMatchCache.lookup; RingLoop.read, write]
[ $# -gt 0 ] || set -- \
    'Switch\.extract\(frame:' \
    'Switch\.ExactMatchCache\.(lookup|insert)\(' \
    'exactHash\(seed: Swift\.UInt64\)' \
    'Switch\.MegaflowCache\.lookup\(' \
    'Switch\.Classifier\.(\(lookup in [^)]*\)|lookup)\(.*FlowMask' \
    'Switch\.PrefixTrie\.lookup\(' \
    'Switch\.Datapath\.(receive|process|run|runDelivered|emptyOutbox)\(' \
    'Switch\.Datapath\.(perform\(_: Swift\.Int32, |own\()' \
    'Switch\.LinkDirection\.(send|expired|sendImpaired|admit|runTransmitter)\(' \
    'Switch\.LinkDirection\.\((impair|corruptAndAdmit|transmit|fly|arm|dequeue|runSchedule) in ' \
    'Switch\.LinkFlight\.(insert|popDue)\(' \
    'Switch\.TimerWheel\.(schedule|cancel|popExpired|nextDeadline)' \
    'Switch\.PacketPool\.(take|put)\(' \
    'Linux\.IOUring\.(enter|nextCompletion|write|provideBuffer|publishBuffers)\(' \
    'Ports\.RingLoop\.run\(' \
    'Ports\.RingLoop\.\((flush|handleCompletions) in '

listing=$(mktemp)
trap 'rm -f "$listing"' EXIT
# "ADDRESS <NAME>:" with the name demangled; calls keep their runtime function's plain name.
objdump -d --no-show-raw-insn "$binary" | swift demangle >"$listing"

status=0
for pattern in "$@"; do
    PATTERN=$pattern awk '
        /^[0-9a-f]+ <.*>:$/ {
            name = $0
            sub(/^[0-9a-f]+ </, "", name)
            sub(/>:$/, "", name)
            hot = name ~ ENVIRON["PATTERN"] && name !~ /^(FlowKey|merged) / && name !~ /\.FlowKey\.exactHash/ &&
                name !~ /witness|variable initialization|^closure /
            if (hot) found++
            next
        }
        hot && (/swift_(retain|release|beginAccess|endAccess|allocObject|slowAlloc|bridgeObject|isUniquely)/ ||
            /swift_(dynamicCast|getGeneric|once)|<memcpy|<malloc/) {
            print name ":\n   " $0
            bad++
        }
        END {
            if (!found) { print "no function is called " ENVIRON["PATTERN"]; exit 1 }
            printf "%s: %d function(s), %d unwanted call(s)\n", ENVIRON["PATTERN"], found, bad + 0
            exit bad > 0
        }' "$listing" || status=1
done
exit $status
