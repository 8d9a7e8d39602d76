"""What all tests share: where things are imported from, and how many examples Hypothesis tries.

The package under test is the installed one. The root of the repository comes last on the path, only so that tests can
import each other's strategies; ``tests/test_installed.py`` holds that nothing of ``pysession`` is taken from it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.append(str(Path(__file__).parent))

# Before any test imports a part of the suite for stores: the suite asks for the same when all of it is imported, and that is
# an error where a part is there already.
pytest.register_assert_rewrite("pysession.testing")

# Shared, noisy machines: no deadlines. "nightly" is for `pytest --hypothesis-profile nightly`, run by hand or by a
# scheduled job; together its property tests try more than 200,000 examples.
_CALM = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("ci", max_examples=100, **_CALM)
settings.register_profile("nightly", max_examples=20_000, **_CALM)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
