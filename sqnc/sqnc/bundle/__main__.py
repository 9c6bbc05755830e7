"""`python -m sqnc.bundle`: make the bundle where there is none, and print its folder."""

import sys

from sqnc.bundle import BundleError, ensure_bundle
from sqncshim.cache import cache_folder


def main() -> int:
    try:
        bundle = ensure_bundle(cache=cache_folder(""), progress=_tell)
    except BundleError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    sys.stdout.write(f"{bundle.path}\n")
    return 0


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


sys.exit(main())
