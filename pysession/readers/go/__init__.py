"""What releases of Agent Framework for Go make of a document."""

from pysession.readers.go.interpreter import Interpreter

__all__ = ["Interpreter"]
