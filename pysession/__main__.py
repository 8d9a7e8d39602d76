"""``python -m pysession`` is ``pysession``."""

import sys

from pysession.cli.main import main

if __name__ == "__main__":  # processes started by 'spawn' import this module, too
    sys.exit(main())
