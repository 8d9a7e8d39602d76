"""What the vocabulary of durable entities does not say; they are a source only."""

from __future__ import annotations

from pysession.dialects.conversion.absences import IMPLIED
from pysession.dialects.conversion.dotnet_words import DOTNET
from pysession.dialects.conversion.mapping import Words
from pysession.dialects.conversion.rules import (
    ArgumentsObject,
    Counts,
    DataUri,
    DotnetTime,
    MessageContents,
    ResultText,
)

_COUNTS = {
    "input_token_count": "inputTokenCount",
    "output_token_count": "outputTokenCount",
    "total_token_count": "totalTokenCount",
}

DURABLE = Words(
    dialect="durable",
    namespace="durable",
    extension={},
    implied=IMPLIED,
    rules={
        ("function_call", "arguments"): ArgumentsObject,
        ("function_result", "result"): ResultText,
        ("usage", "usage_details"): lambda: Counts(_COUNTS, "extensionData", zeros=False),
        ("data", "uri"): DataUri,
        ("*", "created_at"): DotnetTime,
        ("message", "contents"): MessageContents,
    },
    variants=DOTNET.variants,
)
