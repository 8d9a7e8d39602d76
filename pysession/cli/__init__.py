"""The command ``pysession``: one thin module per subcommand, loaded when it is called."""

from pysession.cli.main import main

__all__ = ["main"]
