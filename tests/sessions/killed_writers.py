"""Programs that save, and are killed while they do."""

from __future__ import annotations

import random
import subprocess
import sys
import time


def last_saved(program: str, url: str, first: int) -> int:
    """The number that ``program`` said last before it was killed.

    It is given ``url`` and ``first``, and says the number of each turn when it has saved it.
    """
    with subprocess.Popen(
        [sys.executable, "-c", program, url, str(first)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        saved = [int(writer.stdout.readline())]
        time.sleep(random.uniform(0, 0.1))
        writer.kill()
        return [*saved, *(int(line) for line in writer.stdout if line.endswith("\n"))][-1]
