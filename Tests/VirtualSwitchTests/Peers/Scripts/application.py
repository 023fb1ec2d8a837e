"""Runs one of os-ken's sample applications with the os-ken that is installed: application.py NAME [osken-manager's options].

os-ken has its samples from Ryu, of which it is the continuation, and left them out of its package in version 2. They are
taken from $CONFORMANCE_DIR/src/os-ken (a checkout of version 1, or any folder with os_ken/app) or from
$CONFORMANCE_DIR/src/ryu, where the names differ: those are replaced as os-ken's authors did.
"""
import importlib.abc, importlib.util, os, sys, types

ROOT = os.environ.get("CONFORMANCE_DIR", os.path.expanduser("~/conformance"))
FOLDERS = [f"{ROOT}/src/os-ken/os_ken/app", f"{ROOT}/src/ryu/ryu/app"]


class Samples(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    def find_spec(self, name, path, target=None):
        package, _, sample = name.rpartition(".")
        for folder in FOLDERS if package == "os_ken.app" else []:
            if os.path.exists(f"{folder}/{sample}.py"):
                return importlib.util.spec_from_loader(name, self, origin=f"{folder}/{sample}.py")

    def get_filename(self, name):
        return next(path for folder in FOLDERS if os.path.exists(path := f"{folder}/{name.rpartition('.')[2]}.py"))

    def get_data(self, path):
        with open(path) as file:
            text = file.read()
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
for name in ("", ".server", ".dispatch", ".protocols", ".protocols.jsonrpc", ".transports", ".client"):
    sys.modules.setdefault("tinyrpc" + name, Absent("tinyrpc" + name))

if __name__ == "__main__":
    # First, since it patches the standard library.
    from os_ken.cmd.manager import main
    from os_ken.lib.packet import bpdu

    from os_ken.base.app_manager import AppManager
    from os_ken.lib import hub

    def serving(manager, *arguments, instantiate=AppManager.instantiate_apps, **keywords):
        # Version 2 does not start the samples' web server any more.
        threads = instantiate(manager, *arguments, **keywords)
        server = "os_ken.app.wsgi" in sys.modules and sys.modules["os_ken.app.wsgi"].start_service(manager)
        return threads + ([hub.spawn(server)] if server else [])

    AppManager.instantiate_apps = serving
    # The spanning tree application waits for twice the forwarding delay, 15 s; tests ask for less.
    bpdu.DEFAULT_FORWARD_DELAY = int(os.environ.get("FORWARD_DELAY", bpdu.DEFAULT_FORWARD_DELAY))
    # Their options must be known before the command line is read.
    importlib.import_module(f"os_ken.app.{sys.argv[1]}")
    main(args=[*sys.argv[2:], f"os_ken.app.{sys.argv[1]}"], prog="osken-manager")
