"""`python -m sqnc` is `sqnc`."""

from sqnc.cli import main

main()
