#!/bin/sh
# Disassembles the functions that every packet passes through and fails when one of them counts references, checks
# exclusivity, allocates, or copies a whole flow key: each costs more than the work itself.
#
# usage: check-hot-functions.sh BINARY [PATTERN …]
# A PATTERN is an extended regular expression on the demangled name; without any, those of the flow lookup. A pattern
# that no function has fails too, so that a renamed function does not go unchecked.
set -eu

[ $# -ge 1 ] || { sed -n '5,7s/^# //p' "$0" >&2; exit 2; }
binary=$1
shift
[ -f "$binary" ] || { echo "$binary: no such file; build it with swift build -c release" >&2; exit 2; }
[ $# -gt 0 ] || set -- \
    'Switch\.extract\(frame:' \
    'Switch\.ExactMatchCache\.lookup\(' \
    'exactHash\(seed: Swift\.UInt64\)' \
    'Switch\.MegaflowCache\.lookup\(' \
    'Switch\.Classifier\.(\(lookup in [^)]*\)|lookup)\(.*FlowMask' \
    'Switch\.PrefixTrie\.lookup\('

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
            hot = name ~ ENVIRON["PATTERN"] && name !~ /^(FlowKey|merged) / && name !~ /witness|variable initialization/ && name !~ /\.FlowKey\.exactHash/
            if (hot) found++
            next
        }
        hot && /swift_(retain|release|beginAccess|endAccess|allocObject|slowAlloc|bridgeObject|isUniquely|dynamicCast|getGeneric|once)|<memcpy|<malloc/ {
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
