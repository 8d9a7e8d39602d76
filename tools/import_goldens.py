"""Import documents that real libraries wrote into ``fixtures/golden``, each distinct document once.

    python tools/import_goldens.py SOURCE_DIR [--fixtures DIR]

SOURCE_DIR holds a folder for each family (``python``, ``dotnet``, ``meai``, ``go``) with its own ``manifest.json`` (how each
document was produced, and its digest) and ``documents/<release>/<scenario>.<ext>``. A document is a golden only if its
bytes are those its manifest vouches for; anything else ends the import before a file is written.

A document goes to ``fixtures/golden/<family>/<first release>/<scenario>.<ext>``, where the first release is the oldest
one that wrote those bytes; its entry in ``fixtures/manifest.json`` lists all writers. Importing the same input twice
gives the same files. Entries that exist keep what they expect, their dialect and their text: only their list of
writers grows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pysession.readers.releases import table

FORMAT = "pysession-fixtures"
VERSION = 1

MEMBERS = (
    "path",
    "kind",
    "dialect",
    "rule",
    "twin_of",
    "scenario",
    "produced",
    "source",
    "at",
    "profiles",
    "readers",
    "sha256",
    "bytes",
    "expect",
    "writers",
)
"""The order of an entry's members in the manifest."""

NO_SESSION: Mapping[str, str] = {
    "dotnet/HEAD-5eb3eb745/workflow/workflow-log.json": "the log of the runs that made the workflow documents: "
    "a list of cases with what was restored, no stored session",
}
"""Documents that are no session, and what they are instead."""

PYTHON_DIALECTS = ((re.compile(r"thread_"), "python-thread"), (re.compile(r"fhp__(?!session_)"), "python-history"))
"""What a scenario's name says of its dialect; every other one is a ``python`` session. ``fhp__session_…`` is the
session beside a FileHistoryProvider file, not that file."""

DOTNET_DIALECTS: Mapping[str, str] = {
    "AgentSession, stateBag": "dotnet",
    "AgentSession, chatHistoryProviderState": "dotnet-thread",
    "AgentThread, storeState": "dotnet-thread",
}
"""The dialect of each generation of .NET releases."""

MEAI_PRODUCED: Mapping[str, str] = {
    "full": "{content}, every public settable property of content and message set",
    "min": "{content}, only what its constructor requires",
    "base": "{content} itself, the base class, which has no discriminator",
    "message": "ChatMessage, variant {variant}",
    "text": "{content}, variant {variant}",
    "result": "{content} whose result is of kind {variant}",
    "arguments": "{content} whose arguments are of kind {variant}",
    "conversation": "a conversation with a tool call",
}
"""What the first word of a case's name says; each document is a bare array of ChatMessage."""

STAGES = ("b", "preview.", "rc", None)
RELEASE = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-?(b|preview\.|rc)(\d+)(?:\.(\d+))?)?")


COMMITS = tuple(entry.release for entry in table()["go"].releases)


class SourceError(Exception):
    """The source cannot be imported as it is."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a source manifest says of one document; ``release`` and ``scenario`` come from its path."""

    produced: str
    dialect: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """One document of the source."""

    family: str
    release: str
    scenario: str
    suffix: str
    data: bytes
    provenance: Provenance

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def path(self) -> str:
        return f"golden/{self.family}/{self.release}/{self.scenario}{self.suffix}"

    @property
    def age(self) -> tuple[tuple[int, ...], str, str]:
        return (*release_order(self.release), self.scenario)


def release_order(release: str) -> tuple[tuple[int, ...], str]:
    """A key that sorts the releases of a family from oldest to newest; builds of a branch (``HEAD-…``) come after all
    releases, and commits (Go) in the order that the table of releases has.

    >>> sorted(["1.10.0", "HEAD-1", "1.0.0-rc2", "1.9.0", "1.0.0", "1.0.0-preview.251001.3"], key=release_order)
    ['1.0.0-preview.251001.3', '1.0.0-rc2', '1.0.0', '1.9.0', '1.10.0', 'HEAD-1']
    """
    match = RELEASE.fullmatch(release)
    if match is None:
        return (COMMITS.index(release) if release in COMMITS else sys.maxsize,), release
    major, minor, patch, stage, number, part = match.groups()
    return (int(major), int(minor), int(patch), STAGES.index(stage), int(number or 0), int(part or 0)), release


def python_provenance(manifest: Mapping[str, Any]) -> dict[str, Provenance]:
    """By ``<release>/<file>``."""
    known = {}
    for file in manifest["files"]:
        dialects = [dialect for pattern, dialect in PYTHON_DIALECTS if pattern.match(file["scenario"])]
        produced = manifest["hows"][file["how"]]
        known[file["file"]] = Provenance(produced, dialects[0] if dialects else "python", file["sha256"])
    return known


def dotnet_provenance(manifest: Mapping[str, Any]) -> dict[str, Provenance]:
    """By ``<release>/<file>``; the extra folders of a release say in the manifest what they hold."""
    known = {}
    for release, facts in manifest["releases"].items():
        dialect = DOTNET_DIALECTS[facts["generation"]]
        for case, file in facts["files"].items():
            produced = manifest["cases"][case]
            known[f"{release}/{case}.json"] = Provenance(produced, dialect, file["sha256"])
    for folder, note in manifest.get("extra_folders", {}).items():
        release, _, name = folder.partition("/")
        if not name:
            continue
        facts = manifest["releases"][release]
        dialect = DOTNET_DIALECTS[facts["generation"]]
        # Not every case of an extra folder is among the release's own files: those have no digest to compare.
        known[f"{folder}/"] = Provenance(note, dialect, None)
        for case, text in manifest["cases"].items():
            digest = facts["files"].get(case, {}).get(f"{name.replace('-', '_')}_sha256")
            known[f"{folder}/{case}.json"] = Provenance(f"{text}; {note}", dialect, digest)
    return known


def meai_provenance(manifest: Mapping[str, Any]) -> dict[str, Provenance]:
    """By ``<release>/<file>``."""
    known = {}
    for cases in manifest["versions"].values():
        for case, file in cases.items():
            word, _, variant = case.partition("_")
            produced = MEAI_PRODUCED[word].format(content=file["content"], variant=variant)
            if file.get("nonpublicConstructor"):
                produced += f"; {manifest['nonpublicConstructor']}"
            known[file["file"]] = Provenance(f"bare array of ChatMessage: {produced}", "dotnet", file["sha256"])
    return known


def go_provenance(manifest: Mapping[str, Any]) -> dict[str, Provenance]:
    """By ``<release>/<file>``; the manifest is that of ``testees/go/scenarios``."""
    return {
        f"{release}/{scenario}.json": Provenance(file["produced"], "go", file["sha256"])
        for release, files in manifest["releases"].items()
        for scenario, file in files.items()
    }


FAMILIES = {"python": python_provenance, "dotnet": dotnet_provenance, "meai": meai_provenance, "go": go_provenance}


def find(source: Path) -> Iterator[Found]:
    """Every session document under ``source``, checked against what its manifest says.

    Raises:
        SourceError: a document without provenance, or with other bytes than its manifest says; or no document at all.
    """
    count = 0
    for family, read in FAMILIES.items():
        if not (source / family).is_dir():
            continue
        known = read(json.loads((source / family / "manifest.json").read_bytes()))
        root = source / family / "documents"
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            name = file.relative_to(root).as_posix()
            if f"{family}/{name}" in NO_SESSION:
                continue
            provenance = known.get(name) or known.get(name.rpartition("/")[0] + "/")
            if provenance is None:
                raise SourceError(f"{file}: the manifest of {family} does not say how it was produced")
            release, _, rest = name.partition("/")
            found = Found(family, release, rest[: -len(file.suffix)], file.suffix, file.read_bytes(), provenance)
            if provenance.sha256 not in (None, found.digest):
                raise SourceError(f"{file}: digest {found.digest}, its manifest says {provenance.sha256}")
            count += 1
            yield found
    if not count:
        raise SourceError(f"{source}: no documents; expected python/, dotnet/, meai/ or go/ with documents/ inside")


def distinct(documents: Iterator[Found]) -> list[list[Found]]:
    """The documents grouped by family and bytes, each group from its oldest release on."""
    groups: dict[tuple[str, str], list[Found]] = {}
    for document in documents:
        groups.setdefault((document.family, document.digest), []).append(document)
    return [sorted(group, key=lambda document: document.age) for group in groups.values()]


def entry_of(group: list[Found]) -> dict[str, Any]:
    """A new manifest entry; where several scenarios gave the same bytes, ``produced`` tells of all of them."""
    first = group[0]
    by_scenario = {document.scenario: document.provenance.produced for document in group}
    several = len(by_scenario) > 1
    return {
        "path": first.path,
        "kind": "golden",
        "dialect": first.provenance.dialect,
        "scenario": first.scenario,
        "produced": "; ".join(f"{name}: {text}" if several else text for name, text in by_scenario.items()),
        "sha256": first.digest,
        "bytes": len(first.data),
        "expect": {"findings": []},
        "writers": writers_of(group),
    }


def writers_of(group: list[Found]) -> list[str]:
    """The releases that wrote a document, from oldest to newest."""
    return list(dict.fromkeys(f"{document.family}@{document.release}" for document in group))


def merge(entries: list[dict[str, Any]], groups: list[list[Found]]) -> list[tuple[str, bytes]]:
    """Add to ``entries`` what is new in ``groups``; the files to write, as (path, bytes).

    Raises:
        SourceError: a path that is new in the source is taken by other bytes.
    """
    goldens = {(entry["path"].split("/")[1], entry["sha256"]): entry for entry in entries if entry["kind"] == "golden"}
    taken = {entry["path"] for entry in entries}
    files = []
    for group in groups:
        first = group[0]
        entry = goldens.get((first.family, first.digest))
        if entry is None:
            if first.path in taken:
                raise SourceError(f"{first.path}: the fixture there has other bytes; a golden never changes")
            entry = entry_of(group)
            entries.append(entry)
            taken.add(first.path)
        else:
            names = {*entry["writers"], *writers_of(group)}
            entry["writers"] = sorted(names, key=lambda name: release_order(name.partition("@")[2]))
        files.append((entry["path"], first.data))
    return files


def render(entries: list[dict[str, Any]]) -> str:
    """The manifest's text: one entry a line, sorted by path, so that a change shows as the lines it is about."""
    lines = []
    for entry in sorted(entries, key=lambda entry: str(entry["path"])):
        ordered = {member: entry[member] for member in MEMBERS if member in entry}
        lines.append("  " + json.dumps(ordered, ensure_ascii=False))
    head = f'{{\n "format": "{FORMAT}",\n "version": {VERSION},\n "fixtures": [\n'
    return head + ",\n".join(lines) + "\n ]\n}\n"


def import_goldens(source: Path, fixtures: Path) -> str:
    """Import all documents of ``source`` into ``fixtures``; a sentence that says what was done."""
    manifest = fixtures / "manifest.json"
    entries = json.loads(manifest.read_bytes())["fixtures"] if manifest.exists() else []
    before = len(entries)
    groups = distinct(find(source))
    files = merge(entries, groups)
    for path, data in files:
        target = fixtures / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    manifest.write_text(render(entries), encoding="utf-8")
    total = sum(len(group) for group in groups)
    return f"{total} documents, {len(groups)} distinct, {len(entries) - before} new entries in {manifest}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Import documents that real libraries wrote as golden fixtures.")
    parser.add_argument("source", type=Path, help="folder with python/, dotnet/, meai/ or go/")
    parser.add_argument("--fixtures", type=Path, default=Path(__file__).parent.parent / "fixtures")
    options = parser.parse_args(arguments)
    try:
        print(import_goldens(options.source, options.fixtures))
    except SourceError as failure:
        print(f"import_goldens: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
