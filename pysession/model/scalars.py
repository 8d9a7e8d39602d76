"""Types of members that JSON Schema and Python's own types see differently."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BeforeValidator, PlainValidator
from pydantic_core import PydanticCustomError

from pysession.model.plain import JsonObject

T = TypeVar("T")


def _integer(value: Any) -> int | float:
    if type(value) is int or (type(value) is float and value.is_integer()):
        return value
    raise PydanticCustomError("integer", "must be an integer")


Integer: TypeAlias = Annotated[int | float, PlainValidator(_integer, json_schema_input_type=int)]
"""An integer as JSON Schema understands it: ``1.0`` is one, and stays the float that it is."""


def _text_or_object(value: Any) -> str | JsonObject:
    if isinstance(value, str | dict):
        return value
    raise PydanticCustomError("text_or_object", "must be a string or an object")


TextOrObject: TypeAlias = Annotated[str | JsonObject, PlainValidator(_text_or_object)]
"""Tool arguments as text or parsed; a service's session id as text or as an object of the provider's."""


def _not_null(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError("null", "must not be null")
    return value


NotNull: TypeAlias = Annotated[T, BeforeValidator(_not_null)]
"""A member that may be absent, which Python shows as None, but not ``null``."""
