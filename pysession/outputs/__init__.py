"""Writing files whole or not at all."""

from pysession.outputs.files import (
    NotWrittenError,
    backup_of,
    make_folder_of,
    replacing,
    spare_input,
    wait_for_disk,
    write_file,
)

__all__ = [
    "NotWrittenError",
    "backup_of",
    "make_folder_of",
    "replacing",
    "spare_input",
    "wait_for_disk",
    "write_file",
]
