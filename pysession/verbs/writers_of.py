"""``writers_of``: which releases could have written a document."""

from __future__ import annotations

from pysession.findings import Writer
from pysession.findings.failures import UsageError
from pysession.verbs.opening import open_document
from pysession.wire import DEFAULT_LIMITS, Encoding, Limits
from pysession.writers import writer_of


def writers_of(
    data: bytes, *, encoding: Encoding | None = None, at: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> Writer:
    """The releases that could have saved a document last, with the evidence, and which of them could have written all.

    ``data`` are the bytes as stored, in ``encoding`` (None: JSON); ``at`` is a JSON Pointer to the session inside them.
    What is no session, or not one of a release that is known, has no candidates; ``remark`` then says why.

    >>> writer = writers_of(b'{"chatHistoryProviderState": {"messages": []}}')
    >>> writer.candidates[0], writer.candidates[-1]
    ('dotnet@1.0.0-preview.260127.1', 'dotnet@1.0.0-preview.260212.1')
    >>> writer.evidence[0].pointer
    '/chatHistoryProviderState'

    Raises:
        UsageError: ``data`` is text, not bytes.
        PointerError: ``at`` is no pointer.
    """
    if isinstance(data, str):
        raise UsageError("writers_of takes the bytes as stored; encode the text: writers_of(text.encode())")
    return writer_of(open_document(data, encoding or Encoding.JSON, at, limits))
