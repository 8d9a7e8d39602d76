"""What ``pysession.model`` raises.

* PysessionError
   - ModelError       a value that is no canonical session
      - DepthError    ... because it nests deeper than the model holds
"""

from __future__ import annotations

from pysession.findings.failures import PysessionError

Problem = tuple[str, str]
"""A JSON Pointer into the document, and what is wrong there in one sentence."""

_SHOWN = 3
_OUTER = 6
"""Steps of the pointer of a :class:`DepthError`: enough to reach a content of a message."""


class ModelError(PysessionError, ValueError):
    """The value is no canonical session; ``problems`` says where and why, in document order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        shown = "; ".join(f"{pointer or 'the document'}: {message}" for pointer, message in problems[:_SHOWN])
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        super().__init__(f"not a canonical session: {shown}{more}")
        self.problems = problems


class DepthError(ModelError):
    """More than ``limit`` arrays and objects inside one another, or contents inside contents too deeply.

    The one problem points at an outer value that holds the deep one.
    """

    def __init__(self, pointer: str, limit: int) -> None:
        steps = pointer.split("/", _OUTER + 1)[: _OUTER + 1]
        super().__init__((("/".join(steps), f"nested too deeply: the model holds {limit} levels"),))
        self.limit = limit
