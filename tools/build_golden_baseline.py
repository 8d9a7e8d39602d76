"""Write ``fixtures.baseline.json``: what a check finds in the goldens, each with the reason that the manifest gives.

    python tools/build_golden_baseline.py

Real releases wrote a few goldens deliberately odd (a lone tool result, an application's own content class). Errors in them are
explained in ``fixtures/manifest.json``; with this baseline, which ``pysession.toml`` names, `pysession check fixtures/golden` reports
what is not explained, which is nothing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pysession.verbs import fixtures
from pysession.verbs.run import run

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "fixtures.baseline.json"


def main() -> int:
    """Write the baseline; fail on an error that the manifest does not explain."""
    reasons = {
        (f"fixtures/{entry.path}", finding.rule, finding.pointer): finding.why
        for entry in fixtures.entries()
        for finding in entry.expect.findings
    }
    written: dict[tuple[str, str], dict[str, str]] = {}
    for outcome in run(["fixtures/golden"]):
        for finding in getattr(outcome, "findings", ()):
            if finding.severity != "error":
                continue
            reason = reasons.get((outcome.source, finding.rule, finding.pointer))
            if reason is None:
                print(f"{outcome.source}: {finding.rule} at {finding.pointer} is not explained", file=sys.stderr)
                return 1
            entry = {
                "fingerprint": finding.fingerprint,
                "rule": finding.rule,
                "source": outcome.source,
                "reason": reason,
            }
            written[outcome.source, finding.fingerprint] = entry
    lines = ",\n".join("  " + json.dumps(entry) for _, entry in sorted(written.items()))
    TARGET.write_text(f'{{"format": "pysession-baseline", "version": 1, "entries": [\n{lines}\n]}}\n', encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
