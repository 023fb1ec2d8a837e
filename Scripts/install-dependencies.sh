#!/bin/bash
# Installs Debian packages for: build | demo | test | bench. Does nothing where all of them are there.
set -euo pipefail

packages=(libedit-dev libxml2-dev pkg-config)
case ${1:-build} in
build) ;;
demo) packages+=(curl iproute2 iputils-ping iperf3 python3) ;;
test) packages+=(curl iproute2 iputils-ping iperf iperf3 python3 tcpdump nftables procps util-linux
    mininet openssl openvswitch-switch openvswitch-testcontroller python3-openvswitch python3-os-ken
    python3-pip qemu-system-x86 qemu-utils seabios acpica-tools binutils busybox-static e2fsprogs fdisk) ;;
bench) packages+=(curl ethtool iproute2 iputils-ping iperf iperf3 python3 mininet openvswitch-switch
    openvswitch-switch-dpdk) ;;
*)
    echo "usage: $0 build|demo|test|bench" >&2
    exit 2
    ;;
esac

# The sample applications of os-ken, which its package leaves out since version 2: controllers for the tests.
fetch_samples() {
    local folder=${CONFORMANCE_DIR:-$HOME/conformance}/src
    if [ "${1:-}" != test ] || [ -e "$folder/os-ken" ] || [ -e "$folder/ryu" ]; then return; fi
    /usr/bin/python3 -m pip install --quiet --no-deps --target "$folder/os-ken" os-ken==1.4.0 ||
        echo "os-ken 1.4 cannot be had; the tests with its sample applications will be skipped" >&2
}

missing=()
for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} = 0 ]; then
    fetch_samples "$@"
    exit 0
fi

if ! command -v apt-get >/dev/null; then
    echo "These packages are needed; install them by your system's own means: ${missing[*]}" >&2
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    echo "These packages are needed: sudo apt-get install ${missing[*]}" >&2
    exit 1
fi
echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fetch_samples "$@"
