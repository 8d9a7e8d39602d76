"""JSON that is kept as the text of a string."""

from __future__ import annotations

from typing import Any

import jiter


def json_text(text: str) -> Any | None:
    """The object or list whose JSON text ``text`` is; None when it is none."""
    bare = text.strip()
    if not ((bare[:1] == "{" and bare[-1:] == "}") or (bare[:1] == "[" and bare[-1:] == "]")):
        return None
    try:
        return jiter.from_json(bare.encode(), allow_inf_nan=False)
    except ValueError:
        return None
