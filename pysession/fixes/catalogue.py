"""All fixes, in the order in which they are made: the bytes first, then what stands in them, last what they say."""

from __future__ import annotations

from pysession.findings.failures import UsageError
from pysession.fixes.byte_fixes import numbers, strings
from pysession.fixes.content_fixes import (
    discriminator_first,
    discriminator_missing,
    discriminator_renamed,
    envelope_type,
)
from pysession.fixes.fix import Fix
from pysession.fixes.history_fixes import (
    orphan_results,
    repeated_messages,
    unanswered_calls,
    unrecorded_approvals,
    unresolved_approvals,
)
from pysession.fixes.payload_fixes import payloads
from pysession.fixes.state_fixes import null_entries, secrets

FIXES: tuple[Fix, ...] = (
    Fix(
        "string-not-portable",
        "unpaired surrogates, in values and in names, become U+FFFD; U+0000 too, when the rule is named",
        "that nobody needs to know which broken character it was",
        strings,
    ),
    Fix(
        "number-not-json",
        "NaN and the infinities become null",
        "that the reader takes no value for a number",
        numbers,
        on_request=True,
    ),
    Fix("envelope-type", 'the session gets "type": "session"', "that it is a session", envelope_type),
    Fix(
        "discriminator-missing",
        "a message, and a content of which one kind alone has the members that are there, says its kind; when the rule is "
        "named, an assistant's text that may be reasoning is a text",
        "that nothing but the kind was left out of it",
        discriminator_missing,
    ),
    Fix(
        "discriminator-not-first",
        '"$type" moves to the front of its object',
        "nothing; the order of members means nothing else",
        discriminator_first,
    ),
    Fix(
        "discriminator-renamed",
        "the old name of a kind becomes the new one, and so do those of its members",
        "that the reader is not older than the new name (.NET: 1.0.0-rc5)",
        discriminator_renamed,
    ),
    Fix(
        "message-repeated",
        "a block of messages that was stored again goes, and so does one message stored twice; when the rule is named, of "
        "two different messages with one id the later loses the id",
        "that nobody said the same things in the same order twice",
        repeated_messages,
    ),
    Fix(
        "tool-result-orphan",
        "a result without a call goes, with its message when that holds nothing else (--orphans text: it is told as a text)",
        "that its call does not come back",
        orphan_results,
    ),
    Fix(
        "approval-unresolved",
        "a request that was passed by is answered no, and its call gets a result that says so; a response to nothing goes, "
        "one that grants another call says no, of two answers the first stands",
        "that nobody runs the call after all",
        unresolved_approvals,
    ),
    Fix(
        "tool-call-unanswered",
        "a result says that the call was interrupted and that its effect is not known",
        "that no run is still under way that would store the real result",
        unanswered_calls,
    ),
    Fix(
        "approval-not-recorded",
        "pending requests are listed in state.tool_approval.pending_approval_requests",
        "that they are genuine: whoever can write the session could have made them up",
        unrecorded_approvals,
        on_request=True,
    ),
    Fix("state-null", "null entries of the state bag go", "that null and absent say the same", null_entries),
    Fix(
        "secret-shaped",
        "what looks like a secret is masked; the text around it stays",
        "that nothing needs it; change the secret all the same, others have seen it",
        secrets,
        on_request=True,
    ),
    Fix(
        "inline-binary",
        "a payload becomes a file in the folder of --blobs, and a reference to it stays (--restore-blobs puts it back)",
        "that models need not see it, or that it is put back before they do",
        payloads,
        on_request=True,
    ),
)

BYTE_ORDER_MARK = "json-not-utf8"
"""The one fix that is made on the bytes before they are read: the mark before the text goes. Bytes that are no text are
nobody's to guess."""

ELSEWHERE = {
    "dialect-mismatch": "pysession convert",
    "legacy-thread": "pysession convert",
}
"""Rules whose findings another command mends."""


def chosen_fixes(rules: frozenset[str] | None) -> tuple[Fix, ...]:
    """The fixes of ``rules``; None: all that are not made on request only.

    Raises:
        UsageError: a rule that was named has none.
    """
    if rules is None:
        return tuple(fix for fix in FIXES if not fix.on_request)
    known = {fix.rule for fix in FIXES} | {BYTE_ORDER_MARK}
    for rule in sorted(rules - known):
        if rule in ELSEWHERE:
            raise UsageError(f"{rule!r} is mended by {ELSEWHERE[rule]!r}, not by a repair")
        raise UsageError(f"{rule!r} has no fix; those that have one are {', '.join(sorted(known))}")
    return tuple(fix for fix in FIXES if fix.rule in rules)


def fix_of(rule: str) -> str | None:
    """How findings of ``rule`` are mended, in one sentence; None when they are not."""
    if rule in ELSEWHERE:
        return f"{ELSEWHERE[rule]} mends it."
    if rule == BYTE_ORDER_MARK:
        return "The byte order mark goes; bytes that are no text stay as they are."
    fix = next((fix for fix in FIXES if fix.rule == rule), None)
    if fix is None:
        return None
    named = f" Only with --rule {rule}." if fix.on_request else ""
    return f"{fix.changes[0].upper()}{fix.changes[1:]}. It assumes {fix.assumes}.{named}"
