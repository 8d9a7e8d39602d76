"""One server for the tests that leave it alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.exchange.serving import Served, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server without TLS, tokens and policy."""
    with serving(tmp_path_factory.mktemp("exchange")) as served:
        yield served
