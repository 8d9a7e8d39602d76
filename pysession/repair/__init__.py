"""Fixes of what the rules mark fixable: each states what it changes and what it assumes."""

from pysession.repair.blobs import BlobStore, MissingBlobError
from pysession.repair.catalogue import BYTE_ORDER_MARK, FIXES, fixes
from pysession.repair.fix import Fix, Wishes
from pysession.repair.mending import Mended, mend
from pysession.repair.payload_fixes import put_back

__all__ = [
    "BYTE_ORDER_MARK",
    "FIXES",
    "BlobStore",
    "Fix",
    "Mended",
    "MissingBlobError",
    "Wishes",
    "fixes",
    "mend",
    "put_back",
]
