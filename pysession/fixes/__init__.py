"""Fixes of what the rules mark fixable: each states what it changes and what it assumes."""

from pysession.fixes.blobs import BlobStore, MissingBlobError
from pysession.fixes.catalogue import BYTE_ORDER_MARK, ELSEWHERE, FIXES, chosen_fixes, fix_of
from pysession.fixes.fix import Fix, Wishes
from pysession.fixes.mending import Mended, mend
from pysession.fixes.payload_fixes import put_back

__all__ = [
    "BYTE_ORDER_MARK",
    "ELSEWHERE",
    "FIXES",
    "BlobStore",
    "Fix",
    "Mended",
    "MissingBlobError",
    "Wishes",
    "chosen_fixes",
    "fix_of",
    "mend",
    "put_back",
]
