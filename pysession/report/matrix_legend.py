"""What stands for what in a drawn matrix."""

from __future__ import annotations

from collections.abc import Mapping

from pysession.findings import ChangeKind, NextTurn, Verdict

LETTERS: Mapping[Verdict, str] = {
    Verdict.IDENTICAL: "I",
    Verdict.EQUIVALENT: "E",
    Verdict.NORMALISED: "N",
    Verdict.LOSSY: "L",
    Verdict.SILENT_LOSS: "S",
    Verdict.REJECTED: "R",
    Verdict.CRASHED: "C",
    Verdict.TIMEOUT: "T",
}
"""One letter for each verdict; nobody has to see colours."""

NOTHING_RECORDED = "."
NEXT_RUN_WORSE = "!"

MEANINGS: Mapping[Verdict, str] = {
    Verdict.IDENTICAL: "saves the same value, members in the same order",
    Verdict.EQUIVALENT: "saves the same value, members in another order",
    Verdict.NORMALISED: "adds members, drops nulls or changes the case of names",
    Verdict.LOSSY: "changes a value or drops a member",
    Verdict.SILENT_LOSS: "no error, but messages are not seen",
    Verdict.REJECTED: "raises an exception",
    Verdict.CRASHED: "the program died",
    Verdict.TIMEOUT: "the program gave no answer in time",
}

NEXT_TURNS: Mapping[NextTurn, str] = {
    NextTurn.SEES_ALL: "the model sees all stored messages",
    NextTurn.SEES_FEWER: "the model sees fewer messages than are stored",
    NextTurn.APPROVAL_IGNORED: "the user's answer to the pending approval is dropped",
    NextTurn.APPROVAL_BLOCKS: "the pending approval must be answered first",
    NextTurn.SERVICE_MANAGED: "the service has the history; only the new message is sent",
    NextTurn.FAILS: "the run ends with an exception",
    NextTurn.UNKNOWN: "not recorded",
}

CHANGES: Mapping[ChangeKind, str] = {
    ChangeKind.VANISHED: "vanishes",
    ChangeKind.APPEARED: "appears",
    ChangeKind.CHANGED: "changes",
    ChangeKind.RENAMED: "is renamed",
}
