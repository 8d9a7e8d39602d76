"""The long text of a rule: why it matters, with evidence, and bad and good documents; one Markdown file a rule.

An example is a fenced block whose first line is ``json bad`` or ``json good``, and then what it is checked with:
``profile=NAME``, ``max-depth=N`` and the other limits of the command, each as often as wanted. With ``fill=N`` every
``…`` in it stands for N letters, so that a document can be large without being long.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from pysession.findings.failures import UsageError
from pysession.rules.registry import find
from pysession.wire import DEFAULT_LIMITS, Limits


class Example(msgspec.Struct, frozen=True):
    """A document, and what it is checked with."""

    document: str
    profiles: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    limits: Limits = DEFAULT_LIMITS


class Explanation(msgspec.Struct, frozen=True):
    """``text`` is the whole Markdown; ``bad`` are its examples that violate the rule, ``good`` those that do not.

    A rule of an organisation's own may have no text: then all three are empty.
    """

    text: str
    bad: tuple[Example, ...]
    good: tuple[Example, ...]


_EXAMPLE = re.compile(r"^```json (bad|good)((?: [a-z-]+=\S+)*)\n(.*?)^```$", re.M | re.S)
_LIMITS = {f"max-{limit}": limit for limit in Limits.__struct_fields__}


def explain(id: str) -> Explanation:
    """The explanation of the rule with this id.

    Raises:
        UnknownRuleError: no rule has it.
        UsageError: an example of its text is to be checked with something that there is not.
    """
    known = find(id)
    file = Path(__file__).with_name("explanations").joinpath(f"{known.id}.md")
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    examples: dict[str, list[Example]] = {"bad": [], "good": []}
    for sort, options, document in _EXAMPLE.findall(text):
        examples[sort].append(_example(document, options.split()))
    return Explanation(text, tuple(examples["bad"]), tuple(examples["good"]))


def _example(document: str, options: list[str]) -> Example:
    example = Example(document)
    for option in options:
        name, _, value = option.partition("=")
        if name == "profile":
            example = msgspec.structs.replace(example, profiles=(*example.profiles, value))
        elif name == "reader":
            example = msgspec.structs.replace(example, readers=(*example.readers, value))
        elif name in _LIMITS:
            example = msgspec.structs.replace(
                example, limits=msgspec.structs.replace(example.limits, **{_LIMITS[name]: int(value)})
            )
        elif name == "fill":
            example = msgspec.structs.replace(example, document=example.document.replace("…", "x" * int(value)))
        else:
            raise UsageError(
                f"an example has the unknown option {option!r}; it may have profile=, reader=, fill= and max-…="
            )
    return example
