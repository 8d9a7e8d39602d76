"""The garbage collector, which has nothing to find while a document is read or written."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


def without_collecting(function: Callable[_Given, _Made]) -> Callable[_Given, _Made]:
    """``function`` with the collector at rest.

    All that a conversion makes is in use until it ends, and nothing of it refers to itself; the collector, which looks
    through it after every 700 objects, takes a tenth of the time. It is switched on again only by who found it on, so
    threads that convert at the same time, and programs that run without it, find it as they left it.
    """

    @wraps(function)
    def resting(*args: _Given.args, **kwargs: _Given.kwargs) -> _Made:
        if not gc.isenabled():
            return function(*args, **kwargs)
        gc.disable()
        try:
            return function(*args, **kwargs)
        finally:
            gc.enable()

    return resting
