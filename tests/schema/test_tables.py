import pickle
from pathlib import Path

import pytest

from pysession.findings.failures import DamagedError
from pysession.schema import belongs_to, read_table
from pysession.schema.shipped import PACKAGE


def test_a_table_is_read_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"1.0.0": 5}')
    assert read_table(tmp_path / "a.json", dict[str, int]) == {"1.0.0": 5}


@pytest.mark.parametrize("data", [b"", b'{"1.0.0": ', b"hello", b'{"1.0.0": "x"}', b"[]", b'{"\xff": 1}'])
def test_a_damaged_table_names_itself_and_the_remedy(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(DamagedError, match=r"a\.json is damaged \(.+\); install pysession again"):
        read_table(path, dict[str, int])


def test_the_failure_crosses_processes_whole() -> None:
    failure = DamagedError(Path("a.json"), "truncated")
    assert str(pickle.loads(pickle.dumps(failure))) == str(failure)


def test_so_does_one_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match=r"a\.json is damaged \(no such file or directory\)"):
        read_table(tmp_path / "a.json", dict[str, int])


def test_the_fault_of_a_document_is_not_taken_for_one_of_the_table(tmp_path: Path) -> None:
    with pytest.raises(KeyError), belongs_to(tmp_path / "a.json"):
        raise KeyError("session_id")


def test_every_table_of_the_package_is_read_that_way() -> None:
    """A table that is decoded by itself would end in an internal error for each document."""
    own = [
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        if ".json" in (text := file.read_text()) and "read_bytes()" in text and "__file__" in text
    ]
    assert own == []
