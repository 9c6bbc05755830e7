"""`hashFiles` as a process of the agent's, because hashing a large tree must hold up nobody's output.

Run by path with `-I` and without `-S`: beside an installed sqncshim, site finds actions_compat.
"""

from __future__ import annotations

import sys


def main() -> int:
    """Print the digest; the arguments are the root, and those of `hashFiles`."""
    sys.path.insert(0, __file__.rsplit("/", 3)[0])
    from actions_compat import hashfiles  # noqa: PLC0415 -- found through the line above

    root, *arguments = sys.argv[1:]
    try:
        patterns, follow = hashfiles.parse_arguments(arguments)
        print(hashfiles.hash_files(root, patterns, follow_symbolic_links=follow))  # noqa: T201 -- its answer
    except hashfiles.HashFilesError as error:
        print(error, file=sys.stderr)  # noqa: T201 -- read by Agent.hash_files
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
