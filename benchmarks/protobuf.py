"""What the typed session costs beside ``json`` and beside protobuf's own way for JSON, ``google.protobuf.Struct``.

    python benchmarks/protobuf.py            sessions of 2,000 messages, in several dialects and ways of writing
    python benchmarks/protobuf.py --memory   also the memory that a session of 20,000 messages takes

Each way goes from JSON bytes to protobuf bytes and back to JSON bytes: ours by ``to_proto`` and ``from_proto``; Struct by
``json.loads``, ``ParseDict``, ``SerializeToString`` and ``FromString``, ``MessageToDict``, ``json.dumps`` (which loses the
order of members, and makes a double of every number). Times are the best of several runs that take turns, in one process.

The package has to be installed from its wheel: an editable install is not compiled, and a third as fast.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from timing import best

from pysession import convert, from_proto, to_proto
from pysession.protobuf import varints
from sessions import long_dotnet_session, long_session

MESSAGES = 2_000

_PEAK = """
import sys
from pathlib import Path
from pysession import from_proto, to_proto

def kilobytes(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))

way, document = (from_proto, to_proto)[sys.argv[2] == "to"], Path(sys.argv[1]).read_bytes()
from_proto(to_proto(b'[{"role":"user","contents":[{"type":"text","text":"hi"}]}]'))
before = kilobytes("VmRSS")
Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
way(document)
print(kilobytes("VmHWM") - before)
"""


def documents() -> dict[str, bytes]:
    """The sessions by what is particular about them."""
    python = long_session(MESSAGES)
    return {
        "python": python,
        "python, in plain English": python.decode().encode("ascii", "ignore"),
        "python, as json.dumps writes": json.dumps(json.loads(python)).encode(),
        "python 1.17": long_session(MESSAGES, golden="golden/python/1.17.0/fss__run_tools.json"),
        "dotnet": long_dotnet_session(MESSAGES),
        "go, with what it cannot say parked": convert(python, to="go").data,
    }


def there_and_back(name: str, data: bytes) -> None:
    """Print the costs for one document."""
    value, blob = json.loads(data), to_proto(data)
    struct = json_format.ParseDict(value, Struct()).SerializeToString()
    seconds = best(
        {
            "json.loads": lambda: json.loads(data),
            "json.dumps": lambda: json.dumps(value),
            "to_proto": lambda: to_proto(data),
            "from_proto": lambda: from_proto(blob),
            "Struct": lambda: _by_struct(data),
        }
    )
    plain = seconds["json.loads"] + seconds["json.dumps"]
    ours = seconds["to_proto"] + seconds["from_proto"]
    print(f"{name}: {len(data):,} bytes of JSON, {len(blob):,} typed, {len(struct):,} in a Struct")
    for step in ("json.loads", "json.dumps", "to_proto", "from_proto", "Struct"):
        print(f"  {step:<12}{seconds[step] * 1000:8.2f} ms")
    print(f"  there and back: {ours / plain:.2f} x json, {seconds['Struct'] / ours:.1f} x faster than Struct\n")


def _by_struct(data: bytes) -> bytes:
    blob = json_format.ParseDict(json.loads(data), Struct()).SerializeToString()
    return json.dumps(json_format.MessageToDict(Struct.FromString(blob))).encode()


def memory() -> None:
    """Print the most memory that either way takes, as multiples of the document."""
    data = long_session(10 * MESSAGES)
    for way, given in (("to", data), ("from", to_proto(data))):
        with tempfile.NamedTemporaryFile(suffix=".bin") as file:
            file.write(given)
            file.flush()
            command = [sys.executable, "-c", _PEAK, file.name, way]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        print(f"{way}_proto: {int(done.stdout) * 1024 / len(data):.1f} x the {len(data):,} bytes of the document")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    print("compiled\n" if not varints.__file__.endswith(".py") else "NOT compiled (see above)\n")
    for name, data in documents().items():
        there_and_back(name, data)
    if options.memory:
        memory()


if __name__ == "__main__":
    main()
