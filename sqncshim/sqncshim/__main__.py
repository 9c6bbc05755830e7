"""`python -m sqncshim` is `sqncshim`."""

from sqncshim.entry import main

main()
