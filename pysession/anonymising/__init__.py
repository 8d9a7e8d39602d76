"""A copy of a document that has its shape and none of its content, for a bug report.

Bytes are rewritten string by string and number by number, each in its own length, so that whatever a rule or a reader says
about the document it says about the copy, at the same place.
"""

from pysession.anonymising.anonymiser import Anonymiser

__all__ = ["Anonymiser"]
