#!/bin/bash
# A tour of virtual machines: each thing that they can do, with a command and what it answers.
#
# usage: Examples/machine-tour.sh [NUMBER…]     all stations of the tour, or those with these numbers
#
# Wants root, `make build`, and Debian's seabios. Guests are made from Debian's packages when they are first wanted (a
# download of about 100 MB, kept in /var/cache/rookery). CPU=kvm|software|auto chooses the processors (auto).
# What runs lives in a run directory of the tour's own and ends with it.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
case "${1:-}" in -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;; esac
[ "$(id -u)" = 0 ] || { echo "Namespaces need root: sudo $0" >&2; exit 1; }
for need in rookery rookery-lab rookery-vmm; do
    [ -x "$here/.build/release/$need" ] || { echo "$need is not built: make build" >&2; exit 1; }
done
export PATH=$here/.build/release:$PATH
tour=$(mktemp -d /tmp/machine-tour.XXXXXX)
export ROOKERY_RUN_DIR=$tour/run
cpu=${CPU:-auto}
wanted=" $* "
leave() {
    rookery down --all >/dev/null 2>&1
    rookery vm stop --all --now >/dev/null 2>&1
    rm -rf "$tour"
}
trap leave EXIT
cd "$tour" || exit 1

. "$here/Examples/tour-steps.sh"
shorten=(tail -14)
perform() { timeout 600 bash -c "$1" </dev/null; }

section "1 A stock kernel, and a command in it"
show "rookery vm run mini --cpu $cpu -- uname -r" 'cloud-amd64'
show "rookery vm run mini --cpu $cpu -- sh -c 'exit 7'; echo status \$?" 'status 7'
show "echo hello | rookery vm run -i mini --cpu $cpu -- cat" '^hello'

section "2 What runs the processors"
show "rookery doctor | grep -A1 kvm" 'kvm'
show "rookery vm run mini --cpu software -- grep -m1 'model name' /proc/cpuinfo" 'model name'

section "3 Para: virtio, KVM's clock, sharing a directory"
quietly "mkdir -p share && echo 'from the host' >share/note && rookery vm image create disk.qcow2 64M"
show "rookery vm run mini --cpu $cpu --disk disk.qcow2 --share share:/mnt -- sh -c 'cat /mnt/note; echo from the guest >/mnt/answer; dd if=/dev/urandom of=/dev/vda bs=1M count=2 2>&1 | tail -1'" 'from the host.*records out'
show "cat share/answer; rookery vm image check disk.qcow2" 'from the guest'
show "rookery vm run mini --cpu $cpu --transport mmio -- sh -c 'ls /sys/bus/pci/devices | wc -l; ls /sys/bus/platform/drivers/virtio-mmio; ls /sys/bus/virtio/devices'" '^0 .*LNRO0005:00.*virtio0'

section "4 Full: a PC with chips that every kernel has drivers for"
show "rookery vm run mini --cpu $cpu --virtualization full -- sh -c 'grep -c hypervisor /proc/cpuinfo; ls /sys/bus/pci/devices; cat /sys/devices/system/clocksource/clocksource0/current_clocksource'" '0 '

section "5 Several processors"
show "rookery vm run mini --cpu $cpu --vcpus 4 -- sh -c 'nproc; grep -E \"RES|CAL|TLB\" /proc/interrupts'" '^4'

section "6 Guests' images"
show "rookery vm image ls" 'mini'

section "7 In a lab: processes and machines on one switch"
cat >lab.yml <<END
name: tour
topology:
  nodes:
    s1: { kind: switch }
    h1: {}
    vm1: { kind: vm, cpu: $cpu }
    vm2: { kind: vm, cpu: $cpu, virtualization: full }
  links: [[s1, h1], [s1, vm1], [s1, vm2]]
END
quietly "rookery up lab.yml -d"
show "rookery ps" 'vm1'
show "rookery exec h1 -- ping -c 2 vm1" '2 received'
show "rookery exec vm1 -- ping -c 2 h1" '2 packets received'
show "rookery exec vm2 -- sh -c 'hostname; ls -d /sys/bus/pci/drivers/*/0000:*'" 'vm2.*e1000'
show "printf 'h1 ping -c1 vm1\nvm1 ping -c1 vm2\npingall\n' | rookery cli" '0% dropped \(6/6 received\)'
show "rookery ping" ' 0% lost'
quietly "rookery exec --detach vm1 -- iperf3 -s"
show "for i in 1 2 3 4 5 6 7 8 9; do rookery exec h1 -- iperf3 -c vm1 -t 3 >stream 2>&1 && break; sleep 0.3; done; tail -n 4 stream" 'receiver'
show "rookery exec vm1 -- sh -c 'exit 9'; echo status \$?" 'status 9'
show "rookery down" 'down'

section "8 The textbook's claims, measured here"
show "rookery compare virtualization --quick --cpu $cpu" 'boot'

section "9 Bad input"
quietly "head -c 100000 /dev/urandom >kernel; printf 'QFI\\373junk' >broken.qcow2"
show "rookery vm run --kernel kernel" 'kernel'
show "rookery vm run mini --cpu $cpu --disk broken.qcow2" 'broken.qcow2'
show "rookery vm run mini --memory 900G -- true" 'memory'
show "rookery vm run mini --cpu $cpu --name crash -- sh -c 'echo c >/proc/sysrq-trigger'; echo status \$?" 'panic'

section "10 Nothing is left"
show "rookery vm stop --all; rookery vm ls; ls $tour/run/vm 2>/dev/null | wc -l" '0'

printf '\n%s\n' "$([ $failures = 0 ] && echo 'All as expected.' || echo "$failures answers were not as expected.")"
[ $failures = 0 ]
