/// The programs of the mini guest that we write: what its first process is until all is set up, and what starts then. All are
/// scripts for busybox.
///
/// ## Words of the kernel's command line
///     ip=10.0.0.2/8::10.0.0.1::vm1:eth0       address, gateway, host name, interface (as the kernel's own ip=)
///     ip=10.0.0.2::10.0.0.1:255.0.0.0:vm1:eth0:off:1.1.1.1
///     ip=dhcp  ip=:::::eth1:dhcp              addresses from a DHCP server
///     rookery.hostname=NAME
///     rookery.ip=route,add,10.2.0.0/16,via,10.0.0.1   what ip(8) is to do besides, commas for spaces
///     rookery.mount=TAG:PATH[:ro]             a shared directory (9p)
///     rookery.size=COLUMNSxROWS               the size of the console's terminal
///
/// ## What it says on the console
/// Control sequences that terminals pass over (ECMA-48's OSC): `ESC ] rookery ; ready BEL` when it is up and before anything of
/// a command's output, `ESC ] rookery ; exit = N BEL` after it.
///
/// ## Commands from the host
/// See `SessionScripts`.
enum MiniInit {
    static let script = #"""
        #!/bin/sh
        export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=linux USER=root
        mount -t proc proc /proc
        mount -t sysfs sys /sys
        mount -t devtmpfs dev /dev 2>/dev/null
        mkdir -p /dev/pts /dev/shm
        mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
        mount -t tmpfs tmpfs /dev/shm
        mount -t tmpfs tmpfs /run
        mount -t tmpfs tmpfs /tmp
        ln -sf /proc/self/fd /dev/fd

        console= hostname=rookery addresses= steps= shares= size=
        for word in $(cat /proc/cmdline); do
            case $word in
            console=*) console=${word#*=} console=${console%%,*} ;;
            ip=*) addresses="$addresses ${word#*=}" ;;
            rookery.hostname=*) hostname=${word#*=} ;;
            rookery.ip=*) steps="$steps ${word#*=}" ;;
            rookery.mount=*) shares="$shares ${word#*=}" ;;
            rookery.size=*) size=${word#*=} ;;
            virtio_mmio.device=*) modprobe -q virtio_mmio ;;
            esac
        done
        hostname "$hostname"
        echo "127.0.0.1 localhost $hostname" > /etc/hosts

        # Drivers for what is there. A driver may find more devices: again, until there are no new ones.
        : > /run/aliases
        for round in 1 2 3 4 5; do
            cat /sys/bus/*/devices/*/modalias 2>/dev/null | sort -u > /run/found
            new=$(grep -vxFf /run/aliases /run/found 2>/dev/null || { [ -s /run/aliases ] || cat /run/found; })
            [ -n "$new" ] || break
            echo "$new" >> /run/aliases
            modprobe -q -a $new 2>/dev/null
        done
        [ -d /sys/module/button ] && modprobe -q evdev
        mdev -s 2>/dev/null

        # The console that the command line names; a driver of ours may have made it only now.
        if [ -n "$console" ]; then
            for attempt in 1 2 3 4 5 6 7 8 9 10; do
                [ -c "/dev/$console" ] && break
                usleep 50000
            done
            [ -c "/dev/$console" ] && exec 0<>"/dev/$console" 1>&0 2>&0
        fi
        # From here on only a dying kernel speaks on the console.
        dmesg -n 1
        [ -n "$size" ] && stty cols "${size%x*}" rows "${size#*x}" 2>/dev/null

        # Addresses, as the kernel takes them: client:server:gateway:netmask:host name:device:autoconf:DNS:DNS.
        address() {
            local IFS=:
            set -f
            set -- $1
            local client=$1 gateway=$3 mask=$4 name=$5 device=$6 auto=$7 dns=$8 more=$9
            case $client in dhcp | on | any) auto=dhcp client= ;; esac
            IFS=' '
            [ -n "$name" ] && hostname "$name"
            if [ "$auto" = dhcp ] || [ "$auto" = on ] || [ "$auto" = any ]; then
                for each in ${device:-$(ls /sys/class/net | grep -v '^lo$')}; do
                    ip link set "$each" up
                    udhcpc -q -n -t 5 -T 1 -i "$each" -O staticroutes -O mtu -x "hostname:$(hostname)" > /dev/null 2>&1 ||
                        udhcpc -b -i "$each" -O staticroutes -O mtu > /dev/null 2>&1
                done
                return
            fi
            device=${device:-eth0}
            [ -n "$client" ] || return
            case $client,$mask in
            */*,*) ip addr add "$client" broadcast + dev "$device" ;;
            *,) ip addr add "$client/24" broadcast + dev "$device" ;;
            *,*.*) ifconfig "$device" "$client" netmask "$mask" ;;
            *) ip addr add "$client/$mask" broadcast + dev "$device" ;;
            esac
            ip link set "$device" up
            [ -n "$gateway" ] && ip route add default via "$gateway" dev "$device"
            for server in $dns $more; do echo "nameserver $server" >> /etc/resolv.conf; done
        }
        ip link set lo up
        for device in $(ls /sys/class/net); do ip link set "$device" up; done 2>/dev/null
        for each in $addresses; do address "$each"; done
        for each in $steps; do ip $(echo "$each" | tr , ' '); done

        for share in $shares; do
            tag=${share%%:*} rest=${share#*:}
            path=${rest%:ro} options=trans=virtio,version=9p2000.L,msize=262144
            [ "$path" = "$rest" ] || options=$options,ro
            modprobe -q -a 9pnet_virtio 9p
            mkdir -p "$path"
            mount -t 9p -o "$options" "$tag" "$path" || echo "rookery: cannot mount the share $tag" >&2
        done

        # The power button, and sessions from the host.
        [ -e /dev/input/event0 ] && acpid -l /dev/null 2>/dev/null
        \#(GuestAgent.commandLine) < /dev/null > /dev/null 2>&1 &

        # From now on the first process is busybox's, which hears poweroff and reboot, and inherits what others leave.
        exec init
        """#

    /// What the first process starts.
    static let table = "::once:/usr/lib/rookery/main\n"

    /// What the guest is there for: a command, or a shell. The machine ends with it.
    static let main = #"""
        #!/bin/sh
        export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=linux USER=root
        ended() {
            printf '\033]rookery;exit=%d\007' "$1"
            # A machine of ours ends with this status.
            printf "\\$(printf %03o "$1")" | dd of=/dev/port bs=1 seek=1281 conv=notrunc 2>/dev/null
            sync
            poweroff -f
            sleep 60
        }
        printf '\033]rookery;ready\007'
        if [ -f /rookery/command ]; then
            cd /root
            if [ -f /rookery/terminal ]; then
                TERM=$(cat /rookery/terminal) setsid -c sh /rookery/command
            else
                # Bytes as they are: no carriage returns.
                stty -opost 2>/dev/null
                [ -f /rookery/input ] || ln -s /dev/null /rookery/input
                setsid sh /rookery/command < /rookery/input
            fi
            ended $?
        fi
        cd /root
        setsid -c sh -l
        ended $?
        """#

    /// What udhcpc does with a lease (busybox, examples/udhcp/simple.script for the variables' names).
    static let leaseScript = #"""
        #!/bin/sh
        case $1 in
        deconfig) ip addr flush dev "$interface"; ip link set "$interface" up ;;
        bound | renew)
            ip addr flush dev "$interface"
            ip addr add "$ip/${mask:-24}" broadcast "${broadcast:-+}" dev "$interface"
            [ -n "$mtu" ] && ip link set "$interface" mtu "$mtu"
            [ -n "$hostname" ] && hostname "$hostname"
            # "PREFIX GATEWAY …"; the default route is among them then (RFC 3442).
            set -- $staticroutes
            [ $# -gt 1 ] && router=
            while [ $# -gt 1 ]; do
                ip route replace "$1" via "$2" dev "$interface"
                shift 2
            done
            for each in $router; do ip route replace default via "$each" dev "$interface"; break; done
            : > /etc/resolv.conf
            [ -n "$domain" ] && echo "search $domain" >> /etc/resolv.conf
            for each in $dns; do echo "nameserver $each" >> /etc/resolv.conf; done
            ;;
        esac
        """#

    static let profile = #"""
        export PS1='\h:\w# ' PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
        """#

    static let powerButton = #"""
        #!/bin/sh
        sync
        poweroff -f
        """#
}
