"""What contents carry besides themselves: annotations on spans of text, and token counts."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Tag

from pysession.model.base import Value
from pysession.model.plain import JsonObject
from pysession.model.scalars import Integer, NotNull
from pysession.model.unions import UNKNOWN, tag, tagger


class TextSpanRegion(Value):
    """A span of text by code point indices, the end not included."""

    type: Literal["text_span"] = "text_span"
    start_index: Integer | None = None
    end_index: Integer | None = None


class UnknownRegion(Value):
    """A region of a kind that no release of the framework writes, kept as it is."""

    type: NotNull[str | None] = None


AnyRegion: TypeAlias = Annotated[
    Annotated[TextSpanRegion, Tag(tag("text_span"))] | Annotated[UnknownRegion, Tag(UNKNOWN)],
    Discriminator(tagger({"text_span"})),
]


class Annotation(Value):
    """A citation: where a part of a text comes from."""

    type: Literal["citation"] = "citation"
    title: str | None = None
    url: str | None = None
    file_id: str | None = None
    tool_name: str | None = None
    snippet: str | None = None
    annotated_regions: list[AnyRegion] | None = None
    additional_properties: JsonObject | None = None
    raw_representation: Any = None


class UnknownAnnotation(Value):
    """An annotation of a kind that no release of the framework writes, kept as it is."""

    type: NotNull[str | None] = None


AnyAnnotation: TypeAlias = Annotated[
    Annotated[Annotation, Tag(tag("citation"))] | Annotated[UnknownAnnotation, Tag(UNKNOWN)],
    Discriminator(tagger({"citation"})),
]


class UsageDetails(Value):
    """Token counts; providers add counts of their own, which are in ``model_extra``."""

    input_token_count: Integer | None = None
    output_token_count: Integer | None = None
    total_token_count: Integer | None = None
    cache_creation_input_token_count: Integer | None = None
    cache_read_input_token_count: Integer | None = None
    reasoning_output_token_count: Integer | None = None
