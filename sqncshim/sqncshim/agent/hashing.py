"""`hashFiles` as a process of the agent's: hashing a large tree must hold up nobody's output."""

from __future__ import annotations

import sys


def main() -> int:
    """Print the digest for a root and its patterns; '' where nothing matches."""
    sys.path.insert(0, __file__.rsplit("/", 3)[0])
    from actions_compat.hashfiles import HashFilesError, hash_files  # noqa: PLC0415 -- found through the above

    root, *patterns = sys.argv[1:]
    try:
        print(hash_files(root, patterns))  # noqa: T201 -- its answer
    except HashFilesError as error:
        print(error, file=sys.stderr)  # noqa: T201 -- read by Agent.hash_files
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
