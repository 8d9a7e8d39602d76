"""One line of JSON for each event, on the logger ``pysession.exchange``.

No line holds a document, a token or a session's id. Of the id there is a digest, so that the calls for one session can be
found: the first 16 digits of its SHA-256.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TextIO

import msgspec

logger = logging.getLogger("pysession.exchange")


def tell(level: int, event: str, /, **fields: Any) -> None:
    """Log ``event``; fields that are None are left out."""
    if logger.isEnabledFor(level):
        told = {name: value for name, value in fields.items() if value is not None}
        logger.log(level, event, extra={"fields": told})


def digest_of(session_id: str) -> str:
    """What stands for a session id in the log."""
    return sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class JsonLines(logging.Formatter):
    """A record as one line of JSON. Of an exception only the class and the place are told: its text may quote a document."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage() if hasattr(record, "fields") else "message",
        }
        if hasattr(record, "fields"):
            line |= record.fields
        else:
            # Without its arguments and further lines, which quote what came.
            line |= {"logger": record.name, "message": str(record.msg).partition("\n")[0]}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["at"] = places_of(record.exc_info[2])
        return msgspec.json.encode(line).decode()


def log_to(stream: TextIO | None = None, *, warnings_only: bool = False) -> None:
    """Send the log of this process to ``stream`` (standard error) as lines of JSON."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    # What no line shows need not be found out for each.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logger.setLevel(logging.WARNING if warnings_only else logging.INFO)


def places_of(traceback: Any) -> list[str]:
    """Where an exception was raised: functions, files, lines."""
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_name} ({code.co_filename.rpartition('/')[2]}:{traceback.tb_lineno})")
        traceback = traceback.tb_next
    return places[-8:]
