from __future__ import annotations

import pysession
import pysession.sessions
from pysession.findings.failures import RefusedError, UsageError
from pysession.model import ModelError
from pysession.sessions import CorruptSessionError
from pysession.stores import NotFoundError


def test_the_public_names_are_sorted_and_exist() -> None:
    for module in (pysession, pysession.sessions):
        assert module.__all__ == sorted(module.__all__)
        assert all(hasattr(module, name) for name in module.__all__)


def test_every_failure_of_the_package_has_the_public_base() -> None:
    for failure in (CorruptSessionError, NotFoundError, ModelError, RefusedError, UsageError):
        assert issubclass(failure, pysession.PysessionError)
