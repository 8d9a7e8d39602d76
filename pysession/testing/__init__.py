"""For the tests of applications: Hypothesis strategies for canonical sessions; in ``stores``, a suite for session stores.

Raises:
    ImportError: Hypothesis is not installed; the extra ``testing`` brings it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pysession.testing.strategies import contents, json_values, messages, sessions

__all__ = ["contents", "json_values", "messages", "sessions"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: the suite for stores starts hundreds of processes, which draw no sessions.
    if name not in __all__:
        raise AttributeError(f"module 'pysession.testing' has no attribute {name!r}")
    try:
        strategies = import_module("pysession.testing.strategies")
    except ModuleNotFoundError as missing:
        raise ImportError("pysession.testing needs Hypothesis: pip install 'pysession-kit[testing]'") from missing
    return getattr(strategies, name)
