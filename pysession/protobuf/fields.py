"""The fields of the messages in ``proto/pysession/v1``, from the generated code."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

PACKAGE = "pysession.v1"
OTHER_MEMBERS, LAYOUT = 14, 15
"""The numbers of two fields in every message that stands for a JSON object."""


class Field(msgspec.Struct, frozen=True):
    """A field: ``form`` is its scalar type (``string`` ``bool`` ``int64`` ``double``) or the name of its message."""

    name: str
    number: int
    form: str


@cache
def fields(message: str) -> dict[str, Field]:
    """The fields of a message of this package by their names."""
    return {field.name: Field(field.name, field.number, _form(field)) for field in _descriptor(message).fields}


@cache
def number_of(message: str, field: str) -> int:
    """The number of one field."""
    return fields(message)[field].number


@cache
def enumeration(name: str, prefix: str) -> dict[str, int]:
    """The values of an enum by their names without ``prefix``, in lower case and with dashes."""
    values = _definitions().enum_types_by_name[name].values
    return {value.name.removeprefix(prefix).lower().replace("_", "-"): value.number for value in values}


def _form(field: Any) -> str:
    if field.message_type is not None:
        return str(field.message_type.name)
    return _SCALARS.get(field.type, "")


def _descriptor(message: str) -> Any:
    return _definitions().pool.FindMessageTypeByName(f"{PACKAGE}.{message}")


@cache
def _definitions() -> Any:
    # The library comes with an extra, and takes longer to load than a check takes.
    from pysession.v1 import session_pb2

    return session_pb2.DESCRIPTOR


_SCALARS = {1: "double", 3: "int64", 8: "bool", 9: "string"}
"""By the numbers that descriptors have for types."""
