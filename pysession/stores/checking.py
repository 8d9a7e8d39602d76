"""What every store asks of its callers, in the same words."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime, timedelta

from pysession.findings.failures import UsageError
from pysession.stores.failures import SessionIdError, TooLargeError
from pysession.stores.protocol import INTERNAL_OWNERS, MOST_ID_BYTES

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def id_bytes(session_id: str) -> bytes:
    """A session id in UTF-8.

    Raises:
        SessionIdError: it is none.
    """
    if not isinstance(session_id, str) or not session_id:
        raise SessionIdError(session_id, "an id is a text that is not empty")
    return _utf8(session_id)


def owner_bytes(owner: str) -> bytes:
    """An owner in UTF-8.

    Raises:
        SessionIdError: it is none.
    """
    if not isinstance(owner, str):
        raise SessionIdError(owner, "an owner is a text")
    return _utf8(owner)


def check_owner(owner: str) -> None:
    """Raises UsageError when sessions of this owner would stand among what is no session, or it is no owner at all."""
    owner_bytes(owner)
    if owner in INTERNAL_OWNERS:
        raise UsageError(f"the owner {owner!r} has documents of this package's own; name another")


def _utf8(text: str) -> bytes:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise SessionIdError(text, "it holds an unpaired surrogate, which has no form in UTF-8") from None
    if len(data) > MOST_ID_BYTES:
        raise SessionIdError(text, f"it has {len(data):,} bytes of UTF-8, and {MOST_ID_BYTES:,} are the most")
    return data


def check_put(data: bytes, if_match: str | None, if_absent: bool) -> None:
    """Refuse what no store can do.

    Raises:
        UsageError: a text in place of bytes, or two conditions that exclude each other.
    """
    if not isinstance(data, bytes):
        raise UsageError("a store takes the bytes of a document; encode a text: put(session_id, text.encode())")
    if if_absent and if_match is not None:
        raise UsageError("give either if_match or if_absent: a session that is not there has no etag")


def check_size(session_id: str, size: int, limit: int) -> None:
    """Raises TooLargeError when ``size`` is over ``limit``."""
    if size > limit:
        raise TooLargeError(session_id, size, limit)


def check_limit(limit: int) -> None:
    """Raises UsageError when a page of ``limit`` sessions would be none."""
    if limit < 1:
        raise UsageError("a page holds at least one session: limit must be 1 or more")


def now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970.

    Raises:
        UsageError: ``moment`` does not say its time zone.
    """
    if moment.tzinfo is None:
        raise UsageError(f"{moment} does not say its time zone; give an aware datetime")
    return (moment - _EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """The moment that many microseconds after 1970."""
    return _EPOCH + _MICROSECOND * microseconds


def page_token(owner: bytes, session_id: bytes) -> str:
    """What asks for the sessions behind this one."""
    return base64.urlsafe_b64encode(json.dumps([owner.hex(), session_id.hex()]).encode()).decode()


def read_page_token(token: str) -> tuple[bytes, bytes]:
    """The owner and id behind which the page begins.

    Raises:
        UsageError: ``token`` was not given by a store.
    """
    try:
        owner, session_id = json.loads(base64.urlsafe_b64decode(token))
        return bytes.fromhex(owner), bytes.fromhex(session_id)
    except (ValueError, TypeError, RecursionError):
        raise UsageError("'page' is not the 'next' of a page") from None


def after_prefix(prefix: bytes) -> bytes | None:
    """The least bytes that are greater than all that begin with ``prefix``; None: there are none.

    UTF-8 has no byte FF, so there always are unless the prefix is empty.
    """
    return prefix[:-1] + bytes((prefix[-1] + 1,)) if prefix else None
