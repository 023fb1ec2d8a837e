"""Guests for the measures of virtual machines: the images that rookery makes, archives for the kernel's initial file
system, and machines of ours and of QEMU's that run them, whose serial consoles are read line by line."""
import json, os, re, select, shutil, signal, subprocess, time

import bench
from bench import BIN, Missing, run


def image(name):
    """The folder of an image, made where it is not there: kernel `vmlinuz`, `initrd`, maybe `disk.qcow2`."""
    cache = "/var/cache/rookery" if os.geteuid() == 0 else os.path.expanduser("~/.cache/rookery")
    folder = f"{cache}/images/{name}"
    if not os.path.exists(f"{folder}/vmlinuz"):
        # The flavour of the mini image with all drivers comes by its own name.
        run(f"{BIN}/rookery", "vm", "image", "make", name, timeout=1800)
    return folder


def archive(files):
    """An initial file system (cpio's newc) of files {path: (mode, content)}; folders come by themselves, and the console,
    which the first process has as its standard output."""
    out, number = bytearray(), 0

    def entry(path, mode, content, device=(0, 0)):
        nonlocal number
        number += 1
        name = path.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name), 0)
        out.extend(b"070701" + b"".join(b"%08x" % field for field in fields) + name)
        out.extend(b"\0" * (-len(out) % 4) + content)
        out.extend(b"\0" * (-len(out) % 4))

    folders = set()
    for path, (mode, content) in files.items():
        parts = path.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            if folder not in folders:
                folders.add(folder)
                entry(folder, 0o040755, b"")
        entry(path, 0o100000 | mode, content)
    if "dev" not in folders:
        entry("dev", 0o040755, b"")
    entry("dev/console", 0o020600, b"", (5, 1))
    entry("TRAILER!!!", 0, b"")
    return bytes(out)


def extended(initrd, files):
    """An initial RAM disk with more files: archives follow each other."""
    with open(initrd, "rb") as file:
        content = file.read()
    path = f"{bench.work}/{bench.unique('initrd')}"
    with open(path, "wb") as file:
        file.write(content + b"\0" * (-len(content) % 4) + archive(files))
    return path


def script(text):
    """What a mini guest runs in the place of a shell; its console stays as it is."""
    return {"rookery/command": (0o644, text.encode())}


def static(name):
    """The program NAME.c of this folder, compiled so that it needs no libraries."""
    program = f"{bench.work}/{name}"
    compiler = shutil.which("cc") or shutil.which("clang")
    if not compiler:
        raise Missing("a compiler for the guest's first process: apt install gcc")
    if not os.path.exists(program):
        run(compiler, "-O2", "-static", "-o", program, f"{bench.HERE}/Machines/{name}.c")
    with open(program, "rb") as file:
        return file.read()


class Console:
    """A program whose output is a guest's console."""

    def __init__(self, *command, **options):
        self.started = time.monotonic()
        self.program = bench.start(
            *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
        self.text = ""
        os.set_blocking(self.program.stdout.fileno(), False)

    def wait(self, pattern, seconds):
        """Waits for what matches; returns the match and the seconds since the start."""
        deadline = time.monotonic() + seconds
        while True:
            match = re.search(pattern, self.text)
            if match:
                return match, time.monotonic() - self.started
            left = deadline - time.monotonic()
            if left <= 0:
                raise RuntimeError(f"no '{pattern}' on the console for {seconds} s; its last words:\n{self.text[-800:]}")
            if select.select([self.program.stdout], [], [], left)[0]:
                chunk = os.read(self.program.stdout.fileno(), 65536)
                if not chunk:
                    raise RuntimeError(f"the machine has ended without '{pattern}':\n{self.text[-800:]}")
                self.text += chunk.decode(errors="replace")

    def type(self, line):
        self.program.stdin.write(line + "\n")
        self.program.stdin.flush()

    def end(self):
        bench.stop(self.program)


class Ours:
    name = "Rookery"

    def __init__(self, memory="512M", extra=()):
        self.memory, self.extra = memory, extra

    def boot(self, folder, initrd, append, where=()):
        return Console(
            *where, f"{BIN}/rookery", "vm", "run", "-n", bench.unique("vm"), "--cpu", "software", "-m", self.memory,
            "--kernel", f"{folder}/vmlinuz", "--initrd", initrd, "--append", append, *self.extra)

    def boot_disk(self, folder):
        return Console(
            f"{BIN}/rookery", "vm", "run", "debian", "-n", bench.unique("vm"), "--cpu", "software", "-m", self.memory,
            "--virtualization", "full")


class TCG:
    """QEMU without KVM: one thread for the processor, the devices that each kind of machine has."""
    name = "QEMU TCG"
    program = "qemu-system-x86_64"

    def __init__(self, memory="512M", machine="q35", extra=()):
        if not shutil.which(self.program):
            raise Missing("QEMU: apt install qemu-system-x86")
        self.memory, self.machine, self.extra = memory, machine, extra
        self.name = f"QEMU TCG, {machine}"

    def command(self, *more):
        return (self.program, "-M", self.machine, "-accel", "tcg,thread=multi", "-cpu", "max", "-m", self.memory,
                "-smp", "1", "-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio", *self.extra, *more)

    def boot(self, folder, initrd, append, where=()):
        return Console(
            *where, *self.command("-kernel", f"{folder}/vmlinuz", "-initrd", initrd, "-append", append))

    def boot_disk(self, folder):
        overlay = f"{bench.work}/{bench.unique('disk')}.qcow2"
        if not shutil.which("qemu-img"):
            raise Missing("qemu-img: apt install qemu-utils")
        run("qemu-img", "create", "-f", "qcow2", "-b", f"{folder}/disk.qcow2", "-F", "qcow2", overlay)
        return Console(*self.command("-drive", f"file={overlay},format=qcow2,media=disk", "-vga", "std"))
