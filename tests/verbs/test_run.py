"""Many documents at once."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from pysession.findings import DocumentReport, NotRead
from pysession.findings.failures import UsageError
from pysession.inputs import Record
from pysession.verbs.outcomes import Outcome, is_internal_error
from pysession.verbs.run import Options, run
from pysession.wire import Encoding, Limits
from tests.verbs.judges import obedient

JOBS = (1, 2)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path


def fill(store: Path, *contents: str) -> None:
    for number, content in enumerate(contents):
        (store / f"{number:03}.json").write_text(content)


def checked(store: Path, options: Options) -> list[Outcome]:
    return list(run([str(store)], options, judge=obedient))


def names(outcomes: list[Outcome]) -> list[str]:
    return [Path(outcome.source).stem for outcome in outcomes]


@pytest.mark.parametrize("jobs", JOBS)
def test_results_come_in_the_order_of_the_documents(store: Path, jobs: int) -> None:
    fill(store, "wait", *["{}"] * 150, "wait", "{}")
    assert names(checked(store, Options(jobs=jobs))) == [f"{number:03}" for number in range(153)]


@pytest.mark.parametrize("jobs", JOBS)
def test_what_cannot_be_read_keeps_its_place_among_the_results(store: Path, jobs: int) -> None:
    fill(store, "{}", "{}")
    paths = [str(store / "000.json"), str(store / "gone.json"), str(store / "001.json")]
    outcomes = list(run(paths, Options(jobs=jobs), judge=obedient))
    assert [type(outcome) for outcome in outcomes] == [DocumentReport, NotRead, DocumentReport]


@pytest.mark.parametrize("jobs", JOBS)
def test_an_exception_in_one_document_does_not_hide_the_others(store: Path, jobs: int) -> None:
    fill(store, "{}", "raise", "{}")
    outcomes = checked(store, Options(jobs=jobs))
    assert outcomes[1] == NotRead(str(store / "001.json"), "internal error: RuntimeError")
    assert isinstance(outcomes[1], NotRead)
    assert is_internal_error(outcomes[1])
    assert [type(outcome) for outcome in outcomes] == [DocumentReport, NotRead, DocumentReport]


def test_an_internal_error_repeats_no_text_of_the_document_unless_debugging(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(store, "raise")
    checked(store, Options())
    assert "hunter2" not in "".join(capsys.readouterr())
    checked(store, Options(debug=True))
    assert "RuntimeError: the document says hunter2" in capsys.readouterr().err


def test_an_internal_error_in_a_record_names_it(store: Path) -> None:
    path = store / "a.jsonl"
    path.write_text("{}\nraise\n{}\n")
    assert checked(path, Options())[1] == NotRead(str(path), "internal error: RuntimeError (in record 1)")


@pytest.mark.parametrize("jobs", JOBS)
def test_options_that_cannot_be_followed_end_the_run(store: Path, jobs: int) -> None:
    fill(store, "{}", "refuse")
    with pytest.raises(UsageError):
        checked(store, Options(jobs=jobs))


def test_a_process_that_dies_takes_only_its_document_with_it(store: Path) -> None:
    fill(store, *["{}"] * 70, "die", *["{}"] * 70, "die", "{}")
    outcomes = checked(store, Options(jobs=2))
    died = [outcome for outcome in outcomes if isinstance(outcome, NotRead)]
    assert names(outcomes) == [f"{number:03}" for number in range(143)]
    assert [outcome.source for outcome in died] == [str(store / "070.json"), str(store / "141.json")]
    assert {outcome.reason for outcome in died} == {"internal error: the process that checked it died"}
    assert all(map(is_internal_error, died))


def test_documents_are_read_only_as_fast_as_they_are_checked(store: Path) -> None:
    fill(store, *["x" * 300_000] * 30)
    read = []

    class Watched(list[str]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            for path in sorted(store.iterdir()):
                read.append(path)
                yield str(path)

    results = run(Watched(), Options(jobs=2), judge=obedient)
    next(results)
    assert len(read) <= 6
    assert len(list(results)) == 29


def test_a_document_over_the_limit_is_reported_with_its_whole_size(store: Path) -> None:
    fill(store, "x" * 5000)
    (outcome,) = checked(store, Options(limits=Limits(bytes=100)))
    assert isinstance(outcome, DocumentReport)
    assert outcome.bytes == 5000


def test_options_and_records_can_be_sent_to_a_process() -> None:
    options = Options(select=("json",), jobs=3)
    assert pickle.loads(pickle.dumps(options)) == options
    record = Record("a.json", b"{}", Encoding.JSON, 3, 7, 2)
    assert pickle.loads(pickle.dumps(record)) == record
