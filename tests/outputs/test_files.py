"""Files are written whole or not at all."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pysession.outputs import NotWrittenError, backup_of, make_folder_of, spare_input, write_file

OLD, NEW = b'{"old": true}', b'{"new": true}' * 100_000


def test_a_file_gets_its_new_bytes_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(OLD)
    path.chmod(0o640)
    assert write_file(path, NEW) is None
    assert path.read_bytes() == NEW
    assert path.stat().st_mode & 0o777 == 0o640
    assert [*tmp_path.iterdir()] == [path]


def test_a_new_file_has_the_permissions_that_any_new_file_has(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"")
    write_file(tmp_path / "new", b"x")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_backup_never_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"1")
    names = [write_file(path, content, backup=True) for content in (b"2", b"3", b"4")]
    assert [name and name.name for name in names] == ["a.json.bak", "a.json.bak.1", "a.json.bak.2"]
    assert [name.read_bytes() for name in names if name] == [b"1", b"2", b"3"]
    assert backup_of(path).name == "a.json.bak.3"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_bytes(OLD)
    (tmp_path / "link.json").symlink_to("real.json")
    write_file(tmp_path / "link.json", NEW)
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_bytes() == NEW


def test_a_folder_that_is_not_there_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(NotWrittenError, match=r"a\.json cannot be written: no such file or directory"):
        write_file(tmp_path / "gone" / "a.json", NEW)


_IN_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from pysession.outputs import NotWrittenError, write_file
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_file(Path(sys.argv[1]), b"x" * 1_000_000, backup=True)
except NotWrittenError as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="this system has no limit on the size of files")
def test_when_the_disk_takes_no_more_the_old_file_is_untouched_and_nothing_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(OLD)
    done = subprocess.run(
        [sys.executable, "-c", _IN_A_FULL_DISK, os.fspath(path)], capture_output=True, text=True, check=True
    )
    assert "cannot be written: file too large; what was there before is untouched" in done.stdout
    assert path.read_bytes() == OLD
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_a_folder_that_cannot_be_made_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(OLD)
    with pytest.raises(NotWrittenError, match=r"taken/a\.json cannot be written: file exists"):
        make_folder_of(tmp_path / "taken" / "a.json")
    make_folder_of(tmp_path / "new" / "below" / "a.json")
    assert (tmp_path / "new" / "below").is_dir()


def test_an_output_never_takes_the_place_of_its_input(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(OLD)
    spare_input(tmp_path / "other.json", path, "choose another place")
    with pytest.raises(NotWrittenError, match="it is the input itself; choose another place"):
        spare_input(tmp_path / "." / "a.json", path, "choose another place")
