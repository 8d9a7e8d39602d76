"""The rules: named predicates over what the survey saw, one module per family."""

from pysession.rules.explaining import Example, Explanation, explain
from pysession.rules.profiles import Profile, profile, profiles
from pysession.rules.raising import raised
from pysession.rules.registry import (
    catalogue,
    checks,
    find,
    matching,
    on_document,
    on_history,
    on_member,
    on_misfit,
    on_reading,
    on_shape,
    on_text,
    rule,
)

__all__ = [
    "Example",
    "Explanation",
    "Profile",
    "catalogue",
    "checks",
    "explain",
    "find",
    "matching",
    "on_document",
    "on_history",
    "on_member",
    "on_misfit",
    "on_reading",
    "on_shape",
    "on_text",
    "profile",
    "profiles",
    "raised",
    "rule",
]
