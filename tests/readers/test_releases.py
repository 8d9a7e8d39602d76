"""The tables of releases."""

from __future__ import annotations

import pytest

from pysession import readers


@pytest.mark.parametrize(
    ("family", "count", "newest"),
    [
        ("python", 64, "python@1.23.0"),
        ("dotnet", 42, "dotnet@1.17.0"),
        ("meai", 13, "meai@10.11.0"),
        ("go", 5, "go@5b27c979abb4"),
    ],
)
def test_every_recorded_release_is_there(family: str, count: int, newest: str) -> None:
    assert len(readers.releases(family)) == count
    assert readers.latest(family) == newest
    assert readers.resolve(f"{family}@latest") == newest


def test_every_release_resolves_to_itself() -> None:
    for family in readers.families():
        for name in readers.releases(family):
            assert readers.resolve(name) == name


def test_unrecorded_release_resolves_but_is_not_listed() -> None:
    assert readers.resolve("go@989afb410a8c") == "go@989afb410a8c"
    assert "go@989afb410a8c" not in readers.releases("go")
    assert not readers.release("go@989afb410a8c").recorded


def test_what_a_release_does_that_was_never_run_is_an_error_that_names_those_that_were() -> None:
    with pytest.raises(readers.NotRecordedError, match="was never run") as failure:
        readers.reader("go@989afb410a8c")
    assert failure.value.nearest == ("go@5c7226ed33a3", "go@7ca910552d5e")
    assert readers.reader("go@latest") == "go@5b27c979abb4"


@pytest.mark.parametrize(
    ("name", "dialect"),
    [
        ("python@1.0.0b260210", "python-thread"),
        ("python@1.0.0b260212", "python"),
        ("dotnet@1.0.0-preview.260212.1", "dotnet-thread"),
        ("dotnet@1.0.0-rc1", "dotnet"),
        ("meai@10.9.0", "dotnet"),
        ("go@latest", "go"),
    ],
)
def test_generation_of_a_release(name: str, dialect: str) -> None:
    assert readers.release(name).dialects[0] == dialect


def test_history_member_of_a_dotnet_thread_changes_with_260127() -> None:
    assert readers.release("dotnet@1.0.0-preview.260121.1").history == "storeState"
    assert readers.release("dotnet@1.0.0-preview.260127.1").history == "chatHistoryProviderState"
    assert readers.release("dotnet@1.0.0-rc1").history is None


def test_serializer_of_a_dotnet_release() -> None:
    assert readers.release("dotnet@1.0.0-rc4").meai == "10.3.0"
    assert readers.release("dotnet@1.17.0").meai == "10.7.0"
    assert readers.release("dotnet@HEAD-5eb3eb745+meai-10.11.0").meai == "10.11.0"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("python@1.24.0", ("python@1.23.0", "python@1.22.0")),
        ("dotnet@1.17", ("dotnet@1.17.0",)),
        ("dotnet@1.0.0-preview.260206.1", ("dotnet@1.0.0-preview.260205.1", "dotnet@1.0.0-preview.260209.1")),
        ("dotnet@2.0", ("dotnet@1.17.0", "dotnet@1.16.0")),
        ("meai@10", ("meai@10.11.0", "meai@10.10.1")),
        ("go@1.0", ("go@5b27c979abb4",)),
        ("python", ("python@1.23.0",)),
        ("python@newest", ("python@1.23.0",)),
        ("java@1.0", ("python@1.23.0", "dotnet@1.17.0", "meai@10.11.0", "go@5b27c979abb4")),
    ],
)
def test_unknown_release_is_refused_with_the_nearest(name: str, nearest: tuple[str, ...]) -> None:
    with pytest.raises(readers.UnknownReleaseError) as failure:
        readers.resolve(name)
    assert set(failure.value.nearest) == set(nearest)
