"""Writing files whole or not at all."""

from pysession.outputs.files import NotWrittenError, backup_of, replacing, wait_for_disk, write_file

__all__ = ["NotWrittenError", "backup_of", "replacing", "wait_for_disk", "write_file"]
