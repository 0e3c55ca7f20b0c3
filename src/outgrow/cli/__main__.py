"""`python -m outgrow.cli`."""

from outgrow.cli import main

main()
