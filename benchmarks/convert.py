"""What a conversion costs beside reading and writing the document with ``json``, and a folder beside a bare loop.

    python benchmarks/convert.py            one long session, and a folder of 10,000 small ones
    python benchmarks/convert.py --memory   also the memory that the long session takes

The figures of the long session are the best of several runs that take turns. The folder is gone through once by each: a
bare loop that reads, loads, dumps and renames, once without and once with waiting for the disk, which ``pysession
convert`` does for every file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timing import best

from pysession import convert
from pysession.cli import main as pysession
from sessions import long_session

MESSAGES = 2_000
DOCUMENTS = 10_000
MESSAGES_EACH = 6

_PEAK = """
import sys
from pathlib import Path
from pysession import convert

def kilobytes(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))

convert(b'{"stateBag": {}}', to="python")
before = kilobytes("VmRSS")
Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
convert(Path(sys.argv[1]).read_bytes(), to="dotnet")
print(kilobytes("VmHWM") - before)
"""


def one_long_session() -> None:
    """Print the costs of one session in every direction."""
    python = long_session(MESSAGES)
    documents = {"python": python, "dotnet": convert(python, to="dotnet").data, "go": convert(python, to="go").data}
    for source, data in documents.items():
        targets = [target for target in documents if target != source]
        value = json.loads(data)
        candidates = {
            "json.loads": lambda data=data: json.loads(data),
            "json.dumps": lambda value=value: json.dumps(value),
            **{target: lambda data=data, target=target: convert(data, to=target) for target in targets},
        }
        seconds = best(candidates)
        unit = seconds["json.loads"] + seconds["json.dumps"]
        print(f"{source}: {len(data):,} bytes, json.loads and json.dumps {unit * 1000:.2f} ms")
        for target in targets:
            print(f"  to {target:<8} {seconds[target] / unit:5.2f} x")
    print()


def a_folder() -> None:
    """Print the rate of a folder of small sessions beside that of the bare loops."""
    with tempfile.TemporaryDirectory() as scratch:
        store = Path(scratch) / "store"
        store.mkdir()
        for number in range(DOCUMENTS):
            (store / f"{number:05}.json").write_bytes(long_session(MESSAGES_EACH, seed=number))
        bare = _seconds(lambda: _bare(store, Path(scratch) / "bare", waits=False))
        waiting = _seconds(lambda: _bare(store, Path(scratch) / "waiting", waits=True))
        ours = _seconds(lambda: _converted(store, Path(scratch) / "converted"))
    print(f"{DOCUMENTS:,} sessions of {MESSAGES_EACH} messages")
    print(f"  bare loop                     {DOCUMENTS / bare:8,.0f} documents a second")
    print(f"  bare loop that waits for disk {DOCUMENTS / waiting:8,.0f}")
    print(
        f"  pysession convert             {DOCUMENTS / ours:8,.0f}, {bare / ours:.2f} and {waiting / ours:.2f} of these rates"
    )


def _seconds(run: object) -> float:
    start = time.perf_counter()
    run()  # type: ignore[operator]
    return time.perf_counter() - start


def _bare(store: Path, out: Path, *, waits: bool) -> None:
    """What a script would do: read, load, dump, write beside, rename."""
    out.mkdir()
    for path in sorted(store.iterdir()):
        data = json.dumps(json.loads(path.read_bytes())).encode()
        temporary = out / f".{path.name}.tmp"
        with temporary.open("wb") as stream:
            stream.write(data)
            if waits:
                stream.flush()
                os.fsync(stream.fileno())
        temporary.rename(out / path.name)


def _converted(store: Path, out: Path) -> None:
    code = pysession(["convert", str(store), "--to", "dotnet", "-o", str(out), "-q"])
    assert code == 0, code


def memory() -> None:
    """Print the memory that converting takes, as multiples of the document."""
    data = long_session(MESSAGES * 10)
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(data)
        file.flush()
        done = subprocess.run([sys.executable, "-c", _PEAK, file.name], capture_output=True, text=True, check=True)
    print(f"memory: {int(done.stdout) * 1024 / len(data):.1f} x the {len(data):,} bytes of the document\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    one_long_session()
    if options.memory:
        memory()
    a_folder()


if __name__ == "__main__":
    main()
