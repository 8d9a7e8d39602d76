"""The table says what the serializer says of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pysession.readers.meai.table import Member, fold, media_types, record

CONTRACT: dict[str, Any] = json.loads(Path(__file__).with_name("contract.json").read_bytes())
VERSIONS = [version for version in CONTRACT if version != "about"]
CLR = {
    "String": {"text", "media-type", "data-uri"},
    "Boolean": {"bool"},
    "Int32?": {"int32"},
    "Int64?": {"int64"},
    "DateTimeOffset?": {"date"},
    "Uri": {"uri"},
    "ChatRole": {"role"},
    "Object": {"any"},
    "IDictionary<String,Object>": {"map"},
    "IReadOnlyDictionary<String,Object>": {"map"},
    "AdditionalPropertiesDictionary": {"properties"},
    "AdditionalPropertiesDictionary<Int64>": {"counts"},
    "IList<String>": {"list:text"},
    "IList<AIContent>": {"list:content"},
    "IList<AIAnnotation>": {"list:annotation"},
    "IList<AnnotatedRegion>": {"list:region"},
    "UsageDetails": {"object:usage-details"},
    "FunctionCallContent": {"object:functionCall"},
    "McpServerToolCallContent": {"object:mcpServerToolCall"},
    "ToolCallContent": {"union:toolCall"},
}


def assert_same(members: tuple[Member, ...], stated: dict[str, str]) -> None:
    assert [member.name for member in members] == list(stated)
    for member in members:
        kind = member.type.partition(":")[0] if member.type.startswith("data-uri") else member.type
        assert kind in CLR[stated[member.name]], member


@pytest.mark.parametrize("version", VERSIONS)
def test_messages_and_usage_have_the_members_of_the_contract_in_its_order(version: str) -> None:
    known = record(version)
    assert_same(known.types["message"].members, CONTRACT[version]["message"])
    assert_same(known.types["usage-details"].members, CONTRACT[version]["usage"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("union", "place"), [("content", "contents"), ("annotation", "annotations"), ("region", "regions")]
)
def test_every_kind_has_the_members_of_the_contract_in_its_order(version: str, union: str, place: str) -> None:
    stated, known = CONTRACT[version][place], record(version)
    kinds = known.unions[union].kinds
    if not stated:  # 9.5.0 has no annotations at all
        return
    assert {kind for kind, facts in kinds.items() if facts.constructor} == set(stated)
    for kind, members in stated.items():
        assert_same(known.types[kind].members, members)


@pytest.mark.parametrize("version", VERSIONS)
def test_kinds_without_a_constructor_are_those_that_no_release_can_read(version: str) -> None:
    kinds = record(version).unions["content"].kinds
    assert (
        sorted(kind for kind, facts in kinds.items() if not facts.constructor) == CONTRACT[version]["not constructible"]
    )


def test_versions_that_do_not_differ_share_their_record() -> None:
    assert record("10.5.1") is record("10.7.0")
    assert record("10.8.0") is record("10.11.0")
    assert record("10.5.0") is not record("10.5.1")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("callId", "CALLID", True),
        ("é", "É", True),
        ("µ", "μ", True),
        ("ᾳ", "ᾼ", True),
        ("𐐨", "𐐀", True),
        ("ß", "ẞ", False),
        ("ſ", "s", False),
        ("ı", "i", False),
        ("İ", "i", False),
        ("\u212a", "k", False),
    ],
)
def test_names_are_folded_letter_by_letter_and_never_into_ascii(one: str, other: str, same: bool) -> None:
    assert (fold(one) == fold(other)) is same


def test_media_types_are_known_by_extension() -> None:
    assert media_types()["png"] == "image/png"
    assert media_types()["gz"] == "application/gzip"
    assert "zzz" not in media_types()
