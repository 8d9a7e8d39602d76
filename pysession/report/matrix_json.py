"""Matrices as data, for programs. Its schema is ``schema/matrix/1/matrix.schema.json``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from pysession.readers.recorded import NOTHING, Recorded
from pysession.report.characters import encodable
from pysession.report.tool import NAME, tool_version
from pysession.verbs.matrix import Cell, Matrix

FORMAT = "pysession-matrix"
VERSION = 1


def render(matrices: Sequence[Matrix]) -> str:
    """The matrices as one JSON text; each document, reading and cell on a line of its own."""
    value = to_json(matrices)
    families = ",\n".join(f"  {_block(family, '  ')}" for family in value.pop("matrices"))
    members = "".join(f" {_text(name)}: {_text(each)},\n" for name, each in value.items())
    return f'{{\n{members} "matrices": [\n{families}\n ]\n}}\n'


def _block(family: dict[str, Any], before: str) -> str:
    """A matrix, its lists an item a line."""
    members = []
    for name, value in family.items():
        text = _text(value)
        if isinstance(value, list) and value:
            items = ",\n".join(f"{before}  {_text(item)}" for item in value)
            text = f"[\n{items}\n{before} ]"
        members.append(f"{before} {_text(name)}: {text}")
    return "{\n" + ",\n".join(members) + f"\n{before}}}"


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def to_json(matrices: Sequence[Matrix]) -> dict[str, Any]:
    """The matrices as a JSON value, a family each."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "tool": {"name": NAME, "version": tool_version()},
        "matrices": [_matrix(matrix) for matrix in matrices],
    }


def _matrix(matrix: Matrix) -> dict[str, Any]:
    return {
        "family": matrix.family,
        "about": encodable(matrix.about),
        "counts_next_turn": matrix.counts_next_turn,
        "writers": [encodable(writer) for writer in matrix.writers],
        "readers": [
            {
                "reader": encodable(column.reader),
                "recorded": encodable(column.recorded),
                "how": encodable(column.how),
                "environment": {encodable(name): encodable(version) for name, version in column.environment.items()},
            }
            for column in matrix.readers
        ],
        "scenarios": [encodable(scenario) for scenario in matrix.scenarios],
        "classes": {
            "writers": [list(map(encodable, group)) for group in matrix.writer_classes],
            "readers": [list(map(encodable, group)) for group in matrix.reader_classes],
        },
        "cells": [*_cells(matrix)],
        "documents": [
            {
                "path": encodable(document.path),
                "scenario": encodable(document.scenario),
                "dialect": encodable(document.dialect),
                "produced": encodable(document.produced),
                "writers": list(map(encodable, document.writers)),
                "readings": [None if reading == NOTHING else reading for reading in document.readings],
            }
            for document in matrix.documents
        ],
        "readings": [reading_to_json(reading) for reading in matrix.readings],
        "summary": _cell(matrix.whole()),
    }


def _cells(matrix: Matrix) -> Iterator[dict[str, Any]]:
    """Every writer with every reader, where something is recorded."""
    for writer in matrix.writers:
        for column in matrix.readers:
            cell = matrix.cell((writer,), column.reader)
            if cell.worst is not None:
                yield {"writer": encodable(writer), "reader": encodable(column.reader), **_cell(cell)}


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "worst": cell.worst,
        "outcome": cell.outcome,
        "documents": cell.documents,
        "verdicts": {verdict.value: count for verdict, count in cell.verdicts.items()},
    }


def reading_to_json(reading: Recorded) -> dict[str, Any]:
    """``reading`` as it stands in ``readings`` of that value."""
    error = reading.error
    value = {
        "verdict": reading.verdict,
        "stage": reading.stage,
        "error": None
        if error is None
        else {
            "type": encodable(error.type),
            **({} if error.cause is None else {"cause": encodable(error.cause)}),
            "message": encodable(error.message),
        },
        "messages_restored": reading.messages_restored,
        "next_turn": reading.next_turn,
        "same_bytes": reading.same_bytes,
        "changes": None
        if reading.changes is None
        else [{"pointer": encodable(pointer), "kind": kind} for pointer, kind in reading.changes],
    }
    return {name: each for name, each in value.items() if each is not None}
