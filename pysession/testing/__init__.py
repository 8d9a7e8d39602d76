"""For the tests of applications: Hypothesis strategies for canonical sessions.

Raises:
    ImportError: Hypothesis is not installed; the extra ``testing`` brings it.
"""

try:
    import hypothesis as _hypothesis  # noqa: F401
except ModuleNotFoundError as missing:
    raise ImportError("pysession.testing needs Hypothesis: pip install 'pysession-kit[testing]'") from missing

from pysession.testing.strategies import contents, json_values, messages, sessions

__all__ = ["contents", "json_values", "messages", "sessions"]
