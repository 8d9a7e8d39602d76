"""What a translation could not say, written down while it goes on and told afterwards."""

from __future__ import annotations

from collections.abc import Callable

from pysession.findings import Loss, LossKind, format_pointer
from pysession.wire import Path

NO_SLOT = "the target has no slot for it; it is parked and comes back when the document is converted back"
INEXACT = "the target cannot say it exactly; it is parked as it was, beside what the target can say"
NO_KIND = "the target has no such kind of content; it is parked whole in a content that its reader keeps and models do not see"
UNSAYABLE = (
    "a value that the target's reader refuses (too deep, an unpaired surrogate, NaN or Infinity); it is parked as text"
)
ATTRIBUTION = "what .NET wrote about where the message came from; it writes it anew at every turn"
RECASED = "the name is in another case than its writers write, which its readers do not mind; it is written as they do"
UNTYPED_MESSAGE = (
    'the message did not say "type": "message" before it was converted, and Python fails at its next run on such a one; '
    "it does now"
)
DEFAULT = "the target cannot do without this member; a default was written"


class Notes:
    """Losses with their paths; a path is made a pointer into the source when somebody asks."""

    def __init__(self) -> None:
        self._noted: list[tuple[Path, LossKind, str, bool, bool]] = []

    def note(
        self, path: Path, kind: LossKind, detail: str, *, recoverable: bool = True, canonical: bool = False
    ) -> None:
        """Write down a loss; ``canonical``: ``path`` leads into the canonical value, not into the source."""
        self._noted.append((path, kind, detail, recoverable, canonical))

    def unwrap(self, wrapping: Path) -> None:
        """The value at ``wrapping`` is all that there is of the source: what was noted of it stands at its root."""
        at = len(wrapping)
        self._noted = [
            (path[at:] if not canonical and path[:at] == wrapping else path, kind, detail, recoverable, canonical)
            for path, kind, detail, recoverable, canonical in self._noted
        ]

    def __len__(self) -> int:
        return len(self._noted)

    def losses(self, to_source: Callable[[Path], Path], *, single: bool = False) -> tuple[Loss, ...]:
        """The losses, each once, in the order in which they were met.

        ``single``: the source is one message, which was read as a list of it.
        """
        found: dict[Loss, None] = {}
        for path, kind, detail, recoverable, canonical in self._noted:
            place = to_source(path) if canonical else path
            place = place[1:] if single else place
            found[Loss(format_pointer(place), kind, detail, recoverable)] = None
        return tuple(found)
