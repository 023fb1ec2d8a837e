"""Runs sample applications of os-ken's with the os-ken that is installed:
application.py NAME[+NAME…] [osken-manager's options].

os-ken has its samples from Ryu, of which it is the continuation, and left them out of its package in version 2. They
are taken from $CONFORMANCE_DIR/src/os-ken (a checkout of version 1, or any folder with os_ken/app) or from
$CONFORMANCE_DIR/src/ryu, where the names differ: those are replaced as os-ken's authors did.
"""
import importlib.abc, importlib.util, os, re, sys, types

import eventlet.wsgi

ROOT = os.environ.get("CONFORMANCE_DIR", os.path.expanduser("~/conformance"))
FOLDERS = [f"{ROOT}/src/os-ken/os_ken/app", f"{ROOT}/src/ryu/ryu/app"]


class Samples(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    def find_spec(self, name, path, target=None):
        package, _, sample = name.rpartition(".")
        if package == "os_ken.app" and self.path(sample):
            return importlib.util.spec_from_loader(name, self, origin=name)

    def path(self, sample):
        names = [f"{folder}/{sample.removeprefix('qos_')}.py" for folder in FOLDERS]
        return next((name for name in names if os.path.exists(name)), None)

    def get_filename(self, name):
        sample = name.rpartition(".")[2]
        return self.path(sample) + ("#qos" if sample.startswith("qos_") else "")

    def get_data(self, path):
        path, _, change = path.partition("#")
        with open(path) as file:
            text = file.read()
        if change == "qos":
            # The change that Ryu's book makes for its chapter on QoS: table 0 is for the rules.
            text = re.sub(r"(OFPFlowMod\([^)]*)\)", r"\1, table_id=1)", text)
        for old, new in (("RyuApp", "OSKenApp"), ("RyuException", "OSKenException"), ("ryu", "os_ken")):
            text = text.replace(old, new)
        return text.encode()


class Absent(types.ModuleType):
    """tinyrpc, which the samples' web server imports for web sockets only, and Debian does not have."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


sys.meta_path.insert(0, Samples())
# Of older versions of eventlet; for web sockets, too.
eventlet.wsgi.ALREADY_HANDLED = getattr(eventlet.wsgi, "ALREADY_HANDLED", None)
for name in ("", ".server", ".dispatch", ".protocols", ".protocols.jsonrpc", ".transports", ".client"):
    sys.modules.setdefault("tinyrpc" + name, Absent("tinyrpc" + name))

if __name__ == "__main__":
    # First, since it patches the standard library.
    from os_ken.cmd.manager import main
    from os_ken.lib.packet import bpdu

    import ovs.db.idl
    from os_ken.base.app_manager import AppManager
    from os_ken.lib import hub

    def serving(manager, *arguments, instantiate=AppManager.instantiate_apps, **keywords):
        # Version 2 does not start the samples' web server any more.
        threads = instantiate(manager, *arguments, **keywords)
        server = "os_ken.app.wsgi" in sys.modules and sys.modules["os_ken.app.wsgi"].start_service(manager)
        return threads + ([hub.spawn(server)] if server else [])

    AppManager.instantiate_apps = serving
    # os-ken's client of the database takes this from ovs.db.idl, which has it no more.
    ovs.db.idl._uuid_to_row = lambda atom, _: atom
    # The spanning tree application waits for twice the forwarding delay, 15 s; tests ask for less.
    bpdu.DEFAULT_FORWARD_DELAY = int(os.environ.get("FORWARD_DELAY", bpdu.DEFAULT_FORWARD_DELAY))
    # Their options must be known before the command line is read.
    names = [name if "." in name else f"os_ken.app.{name}" for name in sys.argv[1].split("+")]
    for name in names:
        importlib.import_module(name)
    main(args=[*sys.argv[2:], *names], prog="osken-manager")
