"""From ``schema/source/<dialect>.toml`` to the vocabulary and the two JSON Schemas of that dialect."""

from schemas.build import FORMS, documents
from schemas.source import Source, load, names

__all__ = ["FORMS", "Source", "documents", "load", "names"]
