#!/bin/bash
# Ryu's switch tests (OpenFlow 1.0, 1.3, 1.4) against Rookery's switch. Fetches nothing: runs what $CONFORMANCE_DIR
# holds.
#
# usage: Conformance/run.sh [option…] [VERSION…]
#   VERSION           1.0, 1.3 or 1.4; all of them where none is named, at the same time
#   --target SCRIPT   the switch under test, an adapter like target-rookery.sh (the default) or target-ovs.sh
#   --only PATTERN    only test files whose path holds the pattern, for instance match/19_ICMPV4
#   --rates SECONDS   the tests of rates instead (groups' weights, meters): each sends for so long (30 in the suite)
#   --log FOLDER      where the logs go (.build/conformance)
#
# $CONFORMANCE_DIR must hold src/ryu (a checkout of https://github.com/faucetsdn/ryu) and venv-ryu (Python 3.9 with
# eventlet 0.31.1 and what ryu's pip-requirements.txt names). The switch that sends and receives the tests' packets is
# Open vSwitch (package openvswitch-switch). wrong-tests.txt names the tests that contradict a specification, and which:
# these run twice, as they are and corrected. Ends with status 0 where every other test passes, and every wrong one does
# once it is corrected.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; }
die() { echo "conformance: $*" >&2; exit 2; }

target=$here/target-rookery.sh only='' rates='' log=$here/../.build/conformance versions=()
while [ $# -gt 0 ]; do
    case $1 in
    --target) target=$(readlink -f "$2") || die "no adapter $2"; shift 2 ;;
    --only) only=$2; shift 2 ;;
    --rates) rates=$2; shift 2 ;;
    --log) log=$2; shift 2 ;;
    1.0 | 1.3 | 1.4) versions+=("$1"); shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
done
[ ${#versions[@]} -gt 0 ] || versions=(1.0 1.3 1.4)
[ -z "$rates" ] || versions=("${versions[@]/1.0/}")

[ "$(id -u)" = 0 ] || die "the tests need network namespaces: run this as root"
root=${CONFORMANCE_DIR:-$HOME/conformance}
[ -f "$root/src/ryu/ryu/tests/switch/tester.py" ] ||
    die "no tests in $root/src/ryu (CONFORMANCE_DIR says where to look):
    git clone https://github.com/faucetsdn/ryu $root/src/ryu"
[ -x "$root/venv-ryu/bin/python" ] ||
    die "no Python in $root/venv-ryu: python3.9 -m venv $root/venv-ryu &&
    $root/venv-ryu/bin/pip install 'setuptools<66' eventlet==0.31.1 'dnspython<2' -r $root/src/ryu/tools/pip-requires"
"$root/venv-ryu/bin/python" -c 'import eventlet, netaddr, oslo_config, six' 2>/dev/null ||
    die "ryu's packages are missing:
    $root/venv-ryu/bin/pip install eventlet==0.31.1 'dnspython<2' -r $root/src/ryu/tools/pip-requires"
for need in ovs-vswitchd:openvswitch-switch ovs-vsctl:openvswitch-switch ip:iproute2 ss:iproute2; do
    command -v "${need%%:*}" >/dev/null || die "${need%%:*} is missing: apt install ${need##*:}"
done

mkdir -p "$log"
log=$(cd "$log" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/conformance.XXXXXX")
running=()
cleanup() {
    trap '' INT TERM HUP
    for suite in "${running[@]}"; do kill "$suite" 2>/dev/null || true; done
    wait
    rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# The tests of a version, one file a group, their paths flattened as suite.sh reads them.
choose() { # version, folder, "wrong" for the wrong ones only
    local version=of${1/./} file rated
    mkdir -p "$2"
    (cd "$root/src/ryu/ryu/tests/switch" && find "$version" -name '*.json' | sort) | while read -r file; do
        [ -z "$only" ] || case $file in *"$only"*) ;; *) continue ;; esac
        rated=''
        ! grep -q '"throughput"' "$root/src/ryu/ryu/tests/switch/$file" || rated=yes
        [ "${rates:+yes}" = "$rated" ] || continue
        [ "$3" != wrong ] || grep -q "^$file[[:space:]]" "$here/wrong-tests.txt" || continue
        sed "${rates:+s/\"duration_time\": *30/\"duration_time\": $rates/}" \
            "$root/src/ryu/ryu/tests/switch/$file" >"$2/$(echo "$file" | tr / _)"
    done
}

for version in "${versions[@]}"; do
    [ -n "$version" ] || continue
    name=of${version/./}
    choose "$version" "$scratch/$name/tests" all
    choose "$version" "$scratch/$name-corrected/tests" wrong
    for run in "$name" "$name-corrected"; do
        [ -n "$(ls "$scratch/$run/tests")" ] || continue
        corrected=''
        [ "$run" = "$name" ] || corrected=yes
        CORRECTED=$corrected CONFORMANCE_DIR=$root setsid \
            "$here/suite.sh" "$version" "$scratch/$run" "$target" "$log/$run" &
        running+=($!)
        # Rates are measured one after the other, on a machine that has nothing else to do.
        [ -z "$rates" ] || wait $!
    done
done
[ ${#running[@]} -gt 0 ] || die "no test is called so: $only"
for suite in "${running[@]}"; do wait "$suite" || true; done
running=()
names=("${versions[@]/./}")
python3 "$here/scores.py" "$log" "$here/wrong-tests.txt" "${names[@]/#/of}"
