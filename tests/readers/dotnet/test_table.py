"""The table has every release, with the serializer that it was built with."""

from __future__ import annotations

from pysession.readers import known_kinds, release, releases
from pysession.readers.dotnet.table import record


def test_every_release_points_at_the_serializer_that_it_pins() -> None:
    from pysession.readers.meai.table import record as contract

    for name in releases("dotnet"):
        known, facts = record(name.partition("@")[2]), release(name)
        assert facts.meai is not None
        plain = contract(facts.meai)
        assert known.contract is plain or known.contract == plain.without(known.unregistered), name
        assert known.history_member == facts.history, name


def test_releases_know_the_kinds_that_the_vocabulary_says_they_know() -> None:
    for name in releases("dotnet"):
        kinds = record(name.partition("@")[2]).contract.unions["content"].kinds
        assert {kind for kind, facts in kinds.items() if facts.constructor} >= known_kinds(name) - {
            "inputRequest",
            "inputResponse",
        }, name


def test_releases_that_do_not_differ_share_their_record() -> None:
    assert record("1.5.0") is record("1.13.0")
    assert record("1.13.0") is not record("1.14.0")
    assert len({id(record(name.partition("@")[2])) for name in releases("dotnet")}) < 20
