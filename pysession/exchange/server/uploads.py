"""Documents that come in pieces, and wait for the rest when a connection is cut."""

from __future__ import annotations

import time
from hashlib import sha256
from io import BytesIO

from google.protobuf.message import Message
from grpc import StatusCode

from pysession.exchange.server.budget import Budget
from pysession.exchange.server.documents import digest_differs
from pysession.exchange.server.refusals import CallRefusedError, exhausted, invalid

LEAST_CHUNK = 16 * 1024
MOST_CHUNK = 64 * 1024


class Upload:
    """The bytes of one document, as far as they have come."""

    def __init__(self, header: Message, size: int, digest: bytes) -> None:
        self.header = header
        """The header without its offset: what every call of the upload must say."""
        self.size = size
        self.received = 0
        self.touched = time.monotonic()
        self.call = 0
        """Counts the calls; only the newest may go on. None is under way when ``is_parked``."""
        self.is_parked = True
        self._digest = digest
        self._bytes = BytesIO()
        self._sha256 = sha256()

    def add(self, offset: int, data: memoryview) -> None:
        """Take a chunk. Bytes that are there already are compared.

        Raises:
            CallRefusedError: OUT_OF_RANGE, it leaves a gap; INVALID_ARGUMENT, it is too long, too short, or says other bytes.
        """
        end = offset + len(data)
        if not LEAST_CHUNK <= len(data) <= MOST_CHUNK and not (0 < len(data) <= MOST_CHUNK and end == self.size):
            message = f"a chunk has {LEAST_CHUNK:,} to {MOST_CHUNK:,} bytes, only the last may have fewer"
            raise invalid("CHUNK_SIZE", message, "chunk.data")
        if offset > self.received:
            raise CallRefusedError(
                StatusCode.OUT_OF_RANGE,
                "CHUNK_GAP",
                f"the chunk begins at {offset:,}, and the server has the first {self.received:,} bytes",
                metadata={"offset": str(self.received)},
            )
        if end > self.size:
            raise invalid(
                "CHUNK_BEYOND_SIZE", f"there is more than the {self.size:,} bytes of the header", "chunk.data"
            )
        known = min(self.received, end) - offset
        if known and self._bytes.getbuffer()[offset : offset + known] != data[:known]:
            raise invalid("CHUNK_DIFFERS", "the chunk says other bytes than came before at its place", "chunk.data")
        if known < len(data):
            fresh = data[known:] if known else data
            self._bytes.seek(self.received)
            self._bytes.write(fresh)
            self._sha256.update(fresh)
            self.received = end
        self.touched = time.monotonic()

    def whole(self, digest: bytes) -> bytes:
        """All bytes, at the trailer that says ``digest``.

        Raises:
            CallRefusedError: INVALID_ARGUMENT, there are bytes missing or the trailer says another digest than the header;
                DATA_LOSS, the bytes are not those of the digest.
        """
        if self.received < self.size:
            message = f"the trailer came after {self.received:,} of {self.size:,} bytes"
            raise invalid("UPLOAD_INCOMPLETE", message, "trailer")
        if digest != self._digest:
            raise invalid("DIGEST_CHANGED", "header and trailer name two digests", "trailer.sha256")
        if self._sha256.digest() != digest:
            raise digest_differs()
        # The buffer itself, not a copy of it: BytesIO gives it away when nothing else holds it.
        return self._bytes.getvalue()


class Uploads:
    """The unfinished uploads of all owners. Their bytes, as announced, are taken from the budget.

    One that no call is busy with waits for ``seconds``, or until the room is needed for others.
    """

    def __init__(self, budget: Budget, most: int, seconds: float) -> None:
        self._budget = budget
        self._most = most
        self._seconds = seconds
        self._uploads: dict[tuple[str, str], Upload] = {}
        budget.make_room = self._make_room

    def find(self, owner: str, upload_id: str) -> Upload | None:
        """The upload, if this server has it."""
        self._expire()
        return self._uploads.get((owner, upload_id))

    async def enter(self, owner: str, upload_id: str, header: Message, size: int, digest: bytes) -> tuple[Upload, int]:
        """The upload of that id, begun or gone on with, and the number of the call. An older call of it ends.

        Raises:
            CallRefusedError: INVALID_ARGUMENT, the header is another; RESOURCE_EXHAUSTED, there are too many.
        """
        upload = self.find(owner, upload_id)
        if upload is None:
            self._check_number(owner)
            await self._budget.take(owner, size)
            upload = self._uploads.get((owner, upload_id))
            if upload is not None:  # another call was first
                self._budget.give(owner, size)
            else:
                upload = self._uploads[owner, upload_id] = Upload(header, size, digest)
        if upload.header != header:
            raise invalid("UPLOAD_ID_REUSED", "the upload id was that of another upload", "header.upload_id")
        upload.call += 1
        upload.is_parked = False
        return upload, upload.call

    def leave(self, owner: str, upload_id: str, upload: Upload, call: int, *, keep: bool) -> None:
        """The call is over; the upload waits for the next one, or goes."""
        if call != upload.call:
            return
        upload.is_parked = True
        upload.touched = time.monotonic()
        if not keep or self._budget.is_wanted:
            self._drop((owner, upload_id))

    def _check_number(self, owner: str) -> None:
        mine = [key for key in self._uploads if key[0] == owner]
        if len(mine) < self._most:
            return
        parked = [key for key in mine if self._uploads[key].is_parked]
        if not parked:
            message = f"{self._most} uploads are under way; finish one first"
            raise exhausted("TOO_MANY_UPLOADS", message, "uploads", retry_seconds=5.0, limit=self._most)
        self._drop(min(parked, key=lambda key: self._uploads[key].touched))

    def _expire(self) -> None:
        oldest = time.monotonic() - self._seconds
        for key in [key for key, upload in self._uploads.items() if upload.is_parked and upload.touched < oldest]:
            self._drop(key)

    def _make_room(self, missing: int, owner: str | None) -> None:
        self._expire()
        parked = [key for key, upload in self._uploads.items() if upload.is_parked and owner in (None, key[0])]
        for key in sorted(parked, key=lambda key: self._uploads[key].touched):
            if missing <= 0:
                return
            missing -= self._uploads[key].size
            self._drop(key)

    def _drop(self, key: tuple[str, str]) -> None:
        upload = self._uploads.pop(key, None)
        if upload is not None:
            self._budget.give(key[0], upload.size)
