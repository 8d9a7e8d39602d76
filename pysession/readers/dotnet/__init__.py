"""What each release of Agent Framework for .NET makes of a document."""

from pysession.readers.dotnet.interpreter import Interpreter

__all__ = ["Interpreter"]
