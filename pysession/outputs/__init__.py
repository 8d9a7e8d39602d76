"""Writing files whole or not at all."""

from pysession.outputs.files import NotWrittenError, backup_of, replacing, write_file

__all__ = ["NotWrittenError", "backup_of", "replacing", "write_file"]
