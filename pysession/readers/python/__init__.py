"""What releases of Agent Framework for Python make of a document, and how they name its file."""

from pysession.readers.python.file_names import history_file, looked_for, store_file
from pysession.readers.python.interpreter import Interpreter

__all__ = ["Interpreter", "history_file", "looked_for", "store_file"]
