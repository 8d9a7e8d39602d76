from __future__ import annotations

import pysession
import pysession.sessions


def test_the_public_names_are_sorted_and_exist() -> None:
    for module in (pysession, pysession.sessions):
        assert module.__all__ == sorted(module.__all__)
        assert all(hasattr(module, name) for name in module.__all__)
