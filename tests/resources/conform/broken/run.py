"""`run.py MODULE CLASS ROLE [DIR]`: answers as the type CLASS of the module beside this file."""

import sys
from importlib import import_module

if __name__ == "__main__":
    module, name, role, *arguments = sys.argv[1:]
    sys.exit(getattr(import_module(module), name)(role).main(arguments))
