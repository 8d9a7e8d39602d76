"""What releases of Agent Framework for Python make of a document."""

from pysession.readers.python.interpreter import Interpreter

__all__ = ["Interpreter"]
