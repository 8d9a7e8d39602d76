"""Every rule has a text, and its examples are what they say they are."""

from __future__ import annotations

import re

import pytest

from pysession import check
from pysession.findings.failures import UnknownRuleError
from pysession.rules import Example, catalogue, explain
from pysession.wire import DEFAULT_LIMITS

RULES = [rule.id for rule in catalogue()]
EXAMPLES = [(id, sort, example) for id in RULES for sort in ("bad", "good") for example in getattr(explain(id), sort)]


def rules_found(example: Example) -> set[str]:
    report = check(example.document.encode(), profiles=example.profiles, readers=example.readers, limits=example.limits)
    return {finding.rule for finding in report.findings}


@pytest.mark.parametrize("id", RULES)
def test_a_rule_is_explained_under_its_own_name_with_examples_of_both_sorts(id: str) -> None:
    explanation = explain(id)
    assert explanation.text.startswith(f"# {id}\n\n")
    assert explanation.bad
    assert explanation.good


@pytest.mark.parametrize("id", RULES)
def test_an_explanation_says_why_it_matters_and_what_to_do(id: str) -> None:
    headings = re.findall(r"^## (.*)$", explain(id).text, re.M)
    assert headings == ["Why it matters", "What to do", "Examples"]


@pytest.mark.parametrize("id", RULES)
def test_the_text_holds_no_fenced_block_that_is_not_an_example(id: str) -> None:
    explanation = explain(id)
    assert explanation.text.count("```") == 2 * (len(explanation.bad) + len(explanation.good))


@pytest.mark.parametrize("id", RULES)
def test_evidence_is_linked_by_public_addresses(id: str) -> None:
    prose = re.sub(r"^```.*?^```$", "", explain(id).text, flags=re.M | re.S)
    assert set(re.findall(r"\b([a-z]+)://", prose)) <= {"https"}


@pytest.mark.parametrize(("id", "sort", "example"), EXAMPLES, ids=[f"{id}-{sort}" for id, sort, _ in EXAMPLES])
def test_a_bad_example_violates_the_rule_and_a_good_one_does_not(id: str, sort: str, example: Example) -> None:
    assert (id in rules_found(example)) == (sort == "bad")


@pytest.mark.parametrize(
    ("id", "example"),
    [(id, example) for id, sort, example in EXAMPLES if sort == "good"],
    ids=[id for id, sort, _ in EXAMPLES if sort == "good"],
)
def test_a_good_example_has_no_error_at_all(id: str, example: Example) -> None:
    report = check(example.document.encode(), profiles=example.profiles, readers=example.readers, limits=example.limits)
    assert [finding for finding in report.findings if finding.severity == "error"] == []


def test_the_profiles_of_an_example_are_read_from_its_first_line() -> None:
    assert {profile for example in explain("size-budget").bad for profile in example.profiles} == {"dynamodb"}


def test_the_limits_of_an_example_are_those_named_and_else_the_default_ones() -> None:
    digits = explain("limit-exceeded").bad[0].limits
    assert (digits.digits, digits.depth) == (15, DEFAULT_LIMITS.depth)


def test_a_filled_example_is_long_though_its_text_is_short() -> None:
    explanation = explain("size-budget")
    assert len(explanation.text) < 5_000
    assert len(explanation.bad[0].document) > 100_000


def test_an_unknown_rule_has_no_explanation() -> None:
    with pytest.raises(UnknownRuleError):
        explain("size-of-it-all")
