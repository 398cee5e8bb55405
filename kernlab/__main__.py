"""`python -m kernlab`: the command line."""

import sys

from kernlab.cli import main

if __name__ == "__main__":
    sys.exit(main())
