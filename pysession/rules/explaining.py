"""The long text of a rule: why it matters, with evidence, and a bad and a good document; one Markdown file a rule."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

from pysession.rules.registry import find


@dataclass(frozen=True, slots=True)
class Explanation:
    """``text`` is the whole Markdown; ``bad`` and ``good`` are the documents of its fenced examples, as written.

    A rule of an organisation's own may have no text: then all three are empty.
    """

    text: str
    bad: tuple[str, ...]
    good: tuple[str, ...]


_EXAMPLE = re.compile(r"^```json (bad|good)\n(.*?)^```$", re.M | re.S)


def explain(id: str) -> Explanation:
    """The explanation of the rule with this id.

    Raises:
        UnknownRuleError: no rule has it.
    """
    known = find(id)
    file = resources.files("pysession.rules").joinpath("explanations", f"{known.id}.md")
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    examples: dict[str, list[str]] = {"bad": [], "good": []}
    for sort, document in _EXAMPLE.findall(text):
        examples[sort].append(document)
    return Explanation(text, tuple(examples["bad"]), tuple(examples["good"]))
