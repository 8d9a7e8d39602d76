"""What each version of Microsoft.Extensions.AI.Abstractions makes of a list of messages."""

from pysession.readers.meai.interpreter import Interpreter

__all__ = ["Interpreter"]
