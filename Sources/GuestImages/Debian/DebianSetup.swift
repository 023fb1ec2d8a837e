/// The scripts that make a plain Debian installation one for virtual machines. mmdebstrap calls them with the new root.
enum DebianSetup {
    /// Before the kernel is installed: its installation makes the initial RAM disk.
    static func prepare(modules: [String]) -> String {
        """
        #!/bin/sh
        set -e
        mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"
        printf 'MODULES=list\\nCOMPRESS=gzip\\nRESUME=none\\n' > "$1/etc/initramfs-tools/conf.d/rookery"
        printf '%s\\n' \(modules.joined(separator: " ")) > "$1/usr/share/initramfs-tools/modules.d/rookery"
        # Links to the newest kernel at the root, where the boot loader finds them.
        printf 'do_symlinks = yes\\nlink_in_boot = no\\n' > "$1/etc/kernel-img.conf"

        """
    }

    /// A unit that takes the host's commands.
    static let agentUnit = """
        [Unit]
        Description=Commands from the machine's host

        [Service]
        ExecStart=\(GuestAgent.commandLine)
        Environment=HOME=/root USER=root LOGNAME=root TERM=linux
        # What a command leaves running goes on.
        KillMode=process

        [Install]
        WantedBy=multi-user.target

        """

    static func configure(label: String) -> String {
        """
        #!/bin/sh
        set -e
        root=$1
        chroot "$root" passwd -d root > /dev/null
        echo debian > "$root/etc/hostname"
        printf '127.0.0.1 localhost debian\\n::1 localhost\\n' > "$root/etc/hosts"
        echo 'LABEL=\(label) / ext4 errors=remount-ro,discard 0 1' > "$root/etc/fstab"
        : > "$root/etc/resolv.conf"
        : > "$root/etc/machine-id"

        mkdir -p "$root/boot/grub"
        cat > "$root/boot/grub/grub.cfg" << 'END'
        serial --unit=0 --speed=115200
        terminal_input console serial
        terminal_output console serial
        set timeout=1
        set default=0
        menuentry 'Debian' {
            linux /vmlinuz root=LABEL=\(label) ro net.ifnames=0 console=tty0 console=ttyS0,115200 quiet
            initrd /initrd.img
        }
        menuentry 'Debian, one user, all messages' {
            linux /vmlinuz root=LABEL=\(label) ro net.ifnames=0 console=tty0 console=ttyS0,115200 single
            initrd /initrd.img
        }
        END

        mkdir -p "$root/etc/systemd/network" "$root/etc/systemd/journald.conf.d"
        cat > "$root/etc/systemd/network/80-dhcp.network" << 'END'
        [Match]
        Name=eth*

        [Network]
        DHCP=yes

        [Link]
        RequiredForOnline=no
        END
        printf '[Journal]\\nStorage=volatile\\nRuntimeMaxUse=8M\\n' > "$root/etc/systemd/journald.conf.d/rookery.conf"
        chroot "$root" systemctl -q enable systemd-networkd.service
        # Processors in software are slow, and slower on a busy host: nothing is given up for being late.
        mkdir -p "$root/etc/systemd/system.conf.d"
        printf '[Manager]\\nDefaultTimeoutStartSec=15min\\nDefaultDeviceTimeoutSec=15min\\nDefaultTimeoutStopSec=2min\\n' \\
            > "$root/etc/systemd/system.conf.d/rookery.conf"
        # Drivers that take their time and drive nothing here.
        for name in floppy parport parport_pc ppdev lp pcspkr i2c_piix4 iTCO_wdt intel_rapl_msr intel_rapl_common \\
            psmouse joydev serio_raw crct10dif_pclmul crc32_pclmul ghash_clmulni_intel sha512_ssse3 aesni_intel \\
            cryptd kvm kvm_intel kvm_amd drm; do
            echo "blacklist $name"
        done > "$root/etc/modprobe.d/rookery.conf"
        # What a machine of an hour does not need: work at night, and waiting for a network that may have no server.
        chroot "$root" systemctl -q mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer \\
            e2scrub_reap.service fstrim.timer dpkg-db-backup.timer systemd-networkd-wait-online.service \\
            systemd-pstore.service
        rm -rf "$root"/var/cache/apt/*.bin "$root"/var/lib/apt/lists/* "$root"/var/log/*.log "$root"/var/log/apt
        for name in vmlinuz initrd.img; do
            test -e "$root/$name" || { echo "no /$name" >&2; exit 1; }
        done

        """
    }
}
