"""Conversions rest the garbage collector, and leave it as they found it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pysession import from_proto, to_proto
from pysession.findings.failures import ProtobufError, RefusedError

DOCUMENT = (
    b'{"type":"session","session_id":"s","state":{"h":{"messages":[' + b",".join([b'{"role":"user"}'] * 2000) + b"]}}}"
)


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    gc.enable()


def test_a_conversion_is_not_interrupted_by_the_collector() -> None:
    collections: list[str] = []

    def told(phase: str, info: dict[str, int]) -> None:
        collections.append(phase)

    blob = to_proto(DOCUMENT)
    gc.collect()
    gc.callbacks.append(told)
    try:
        to_proto(DOCUMENT)
        from_proto(blob)
    finally:
        gc.callbacks.remove(told)
    # What is left of the count before and between the two may ask for one of the youngest.
    assert len(collections) <= 4


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_as_it_was_also_after_a_refusal(on: bool) -> None:
    (gc.enable if on else gc.disable)()
    to_proto(DOCUMENT)
    with pytest.raises(RefusedError):
        to_proto(b'{"a":1,"a":2}')
    with pytest.raises(ProtobufError):
        from_proto(b"\xff")
    assert gc.isenabled() is on


def test_the_collector_is_on_after_many_conversions_at_once() -> None:
    with ThreadPoolExecutor(8) as threads:
        blobs = list(threads.map(to_proto, [DOCUMENT] * 40))
        assert all(from_proto(blob) == DOCUMENT for blob in blobs[:2])
        assert set(threads.map(from_proto, blobs)) == {DOCUMENT}
    assert gc.isenabled()
