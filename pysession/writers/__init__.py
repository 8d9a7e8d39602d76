"""Which releases could have written a document: facts as data, and one engine that holds a document against them."""

from pysession.writers.inference import writer_of

__all__ = ["writer_of"]
