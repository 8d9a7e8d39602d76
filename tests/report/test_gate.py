"""The sentences about what each release makes of all documents."""

from __future__ import annotations

import msgspec

from pysession.findings import (
    Change,
    ChangeKind,
    DocumentReport,
    Failure,
    NextTurn,
    Reading,
    Report,
    Stage,
    Verdict,
)
from pysession.report import render, to_json
from pysession.report.gate import gate_lines

HOSTED = Failure("ValueError", "TypeError", "…", "/state/in_memory/messages/1/contents/0", "hosted")
OLD, NEW, NET = "python@1.21.0", "python@1.23.0", "dotnet@1.17.0"


def refused(error: Failure = HOSTED) -> Reading:
    return Reading(OLD, Verdict.REJECTED, Stage.LOAD, error, 0, NextTurn.FAILS)


def kept(verdict: Verdict = Verdict.IDENTICAL, turn: NextTurn = NextTurn.SEES_ALL, reader: str = OLD) -> Reading:
    return Reading(reader, verdict, next_turn=turn)


def report(*readings: tuple[Reading, ...]) -> Report:
    return Report(
        tuple(
            DocumentReport(f"{index}.json", 2, "0" * 64, "python", "told so", None, 0, (), readings=each)
            for index, each in enumerate(readings)
        )
    )


def lines(*readings: tuple[Reading, ...]) -> list[str]:
    return list(gate_lines(report(*readings).summary.readers))


def test_a_refusal_says_how_many_why_and_since_when() -> None:
    assert lines((refused(),), (refused(),), (kept(),)) == [
        "python@1.21.0: 3 documents, 2 refused, 1 kept (1 identical)",
        '  all because of "hosted", written since python@1.22.0 (ValueError caused by TypeError when loading)',
    ]


def test_several_reasons_are_counted_the_most_frequent_first() -> None:
    missing = Failure("KeyError")
    told = lines((refused(missing),), (refused(),), (refused(),))
    assert told[0] == "python@1.21.0: 3 documents, 3 refused"
    assert told[1].startswith('  2 refused because of "hosted"')
    assert told[2] == "  1 refused because of KeyError when loading"


def test_one_member_is_one_reason_whatever_exception_it_ends_in() -> None:
    bare = Failure("TypeError", None, "…", "/1/contents/0", "hosted")
    assert lines((refused(),), (refused(),), (refused(bare),))[1] == (
        '  all because of "hosted", written since python@1.22.0 '
        "(ValueError caused by TypeError when loading, and 1 other way)"
    )


def test_documents_of_other_libraries_are_told_once_and_hide_no_reason() -> None:
    foreign = Reading(OLD, Verdict.REJECTED, Stage.LOAD, Failure("KeyError"), next_turn=NextTurn.FAILS, foreign=True)
    told = lines((foreign,), (foreign,), (refused(),), (kept(),))
    assert told == [
        "python@1.21.0: 4 documents, 3 refused, 1 kept (1 identical)",
        "  2 of them are in a dialect that this release does not read (2 python)",
        '  1 refused because of "hosted", written since python@1.22.0 (ValueError caused by TypeError when loading)',
    ]


def test_what_is_no_session_is_not_called_a_dialect() -> None:
    strange = msgspec.structs.replace(refused(Failure("JSONDecodeError")), foreign=True)
    whole = report((strange,), (kept(),))
    one, other = whole.documents
    documents = (msgspec.structs.replace(one, dialect="unknown"), other)
    told = list(gate_lines(msgspec.structs.replace(whole, documents=documents).summary.readers))
    assert told == [
        "python@1.21.0: 2 documents, 1 refused, 1 kept (1 identical)",
        "  1 of them is no session of a known dialect",
    ]


def test_what_a_conversion_mends_is_told() -> None:
    mended, hopeless = (msgspec.structs.replace(refused(), mended_by_conversion=each) for each in (True, False))
    says = "  2 not accepted: 'pysession convert --to python@1.21.0' mends {}"
    assert lines((mended,), (hopeless,))[-1] == says.format("1 of them")
    assert lines((mended,), (mended,), (kept(),))[-1] == says.format("all of them")


def test_losses_are_told_apart_from_what_is_kept() -> None:
    lossy = Reading(NEW, Verdict.LOSSY, changes=(Change("/a", ChangeKind.CHANGED),))
    assert lines((lossy,), (Reading(NEW, Verdict.SILENT_LOSS),), (Reading(NEW, Verdict.NORMALISED),)) == [
        "python@1.23.0: 3 documents, 1 read without an error and not seen in full, 1 changed or cut when saved, "
        "1 kept (1 normalised)"
    ]


def test_the_next_run_is_told_where_it_does_not_simply_go_on() -> None:
    told = lines((kept(turn=NextTurn.SERVICE_MANAGED),), (kept(turn=NextTurn.APPROVAL_IGNORED),), (kept(),))
    assert told[1:] == [
        "  1 has a pending approval, and the next run ignores its answer",
        "  1 has its history at the service",
    ]


def test_each_release_is_told_of_in_the_order_of_asking() -> None:
    told = lines((kept(), Reading(NET, Verdict.SILENT_LOSS)))
    assert [line.partition(":")[0] for line in told] == [OLD, NET]


def test_without_readers_nothing_is_said() -> None:
    assert lines((), ()) == []
    assert "readers" not in to_json(report(()))["summary"]


def test_the_text_ends_with_the_readers_and_the_count() -> None:
    text = render(report((refused(),)), "text")
    assert text.splitlines()[0] == "python@1.21.0: 1 document, 1 refused"
    assert text.splitlines()[-1] == "1 document: nothing wrong"


def test_the_json_summary_counts_verdicts_next_turns_and_reasons() -> None:
    summary = to_json(report((refused(),), (kept(),), (kept(),)))["summary"]
    assert summary["verdicts"] == {"identical": 2, "rejected": 1}
    assert summary["readers"] == [
        {
            "reader": OLD,
            "documents": 3,
            "verdicts": {"identical": 2, "rejected": 1},
            "next_turns": {"sees-all": 2},
            "reasons": [
                {"stage": "load", "error": "ValueError", "cause": "TypeError", "subject": "hosted", "documents": 1}
            ],
        }
    ]


def test_a_hostile_subject_is_printed_harmlessly() -> None:
    assert "\x1b" not in "\n".join(lines((refused(Failure("TypeError", subject="\x1b[31m")),)))
