"""The order of a state bag, as it was seen in runs."""

from __future__ import annotations

import pytest

from pysession import predict
from pysession.findings import Verdict
from pysession.readers.dotnet.bag import ordered
from tests.readers.dotnet.sessions import LATEST


@pytest.mark.parametrize(
    ("added", "written"), [("jihgfedcba", "bcdefghija"), ("nbszao", "bznoas"), ("bc", "cb"), ("", "")]
)
def test_entries_come_back_by_the_hash_of_their_keys(added: str, written: str) -> None:
    assert "".join(ordered(added)) == written


def test_a_bag_whose_order_changes_is_equivalent() -> None:
    assert predict(b'{"stateBag":{"z":1,"n":2}}', LATEST).verdict is Verdict.IDENTICAL
    assert predict(b'{"stateBag":{"n":2,"z":1}}', LATEST).verdict is Verdict.EQUIVALENT


def test_of_a_bag_so_large_that_its_order_depends_on_the_machine_the_order_is_taken_to_be_kept() -> None:
    keys = [f"key-{index}" for index in range(40)]
    assert ordered(keys) == keys
