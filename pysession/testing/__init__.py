"""For the tests of applications: Hypothesis strategies for canonical sessions. Needs ``hypothesis``."""

from pysession.testing.strategies import contents, json_values, messages, sessions

__all__ = ["contents", "json_values", "messages", "sessions"]
