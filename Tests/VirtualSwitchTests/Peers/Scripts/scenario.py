"""Programs that people use, with a switch and hosts that ping: scenario.py NAME [ARGUMENT…]. Prints what happened, a
line each.

Run it as place.py says, with SWITCHD in the environment.
"""
import sys

import controllers, database_clients, mininet_networks, rest_applications, switch_applications
from place import enter

if __name__ == "__main__":
    enter()
    name, *arguments = sys.argv[1:]
    modules = controllers, database_clients, mininet_networks, rest_applications, switch_applications
    next(getattr(module, name) for module in modules if getattr(getattr(module, name, None), "__module__", "")
         == module.__name__)(*arguments)
