"""`python -m sqncshim` is `sqncshim`."""

from sqncshim.cli import main

main()
