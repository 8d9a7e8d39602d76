"""Write ``docs/rules.md`` from the catalogue: every rule with its explanation, by family.

python tools/build_rule_docs.py [--check]
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from pysession.fixes import fix_of
from pysession.rules import catalogue, explain, profiles
from pysession.survey import Rule

TARGET = Path(__file__).parent.parent / "docs" / "rules.md"

_FAMILIES = {
    "json": "any bytes",
    "shape": "which format is this",
    "content": "a single content, annotation or message",
    "history": "the order of a conversation",
    "state": "what applications keep beside it",
    "reader": "what a release that is named with `--reader` makes of it",
}

_HEAD = """# Rules

<!-- Written by tools/build_rule_docs.py from pysession/rules; do not edit. -->

Ids are a contract: never renamed, never reused. `pysession rules explain ID` prints one of these texts. Severities are the default ones;
some findings of a rule are milder or worse, as its text says.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for family, what in _FAMILIES.items():
        known = [rule for rule in catalogue() if rule.family == family]
        parts.append(f"## {family}: {what}\n")
        parts.append("| rule | severity | violated when |\n|---|---|---|")
        parts.extend(f"| [`{rule.id}`](#{rule.id}) | {rule.severity} | {rule.summary} |" for rule in known)
        parts.append("")
        parts.extend(_rule(rule) for rule in known)
    parts.append("## Profiles\n\nWhat a backend or a model's API does to a document (`--profile`, repeatable).\n")
    parts.append("| profile | what it stands for |\n|---|---|")
    parts.extend(f"| `{name}` | {one.summary} |" for name, one in profiles().items())
    return "\n".join(parts) + "\n"


def _rule(rule: Rule) -> str:
    """The explanation of a rule, its headings two levels deeper."""
    text = re.sub(r"^(#+) ", r"##\1 ", explain(rule.id).text.strip(), flags=re.M)
    how = fix_of(rule.id)
    return text + (f"\n\n**Repair** (`pysession repair --rule {rule.id}`): {how}\n" if how is not None else "\n")


def main() -> int:
    """Write the page, or with ``--check`` say whether it is as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        if not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != page():
            print("docs/rules.md is out of date: run python tools/build_rule_docs.py", file=sys.stderr)
            return 1
        return 0
    TARGET.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
