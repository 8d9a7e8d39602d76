"""The examples in the documentation are what comes out."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pysession
from pysession.verbs import anonymise as verb

PAGE = Path(__file__).parents[2] / "docs" / "anonymise.md"


def test_the_copy_in_the_documentation_is_the_one_of_its_document() -> None:
    document, copy = re.findall(r'^\{"type".*$', PAGE.read_text(), re.M)
    assert pysession.anonymise(document.encode(), seed="docs").decode() == copy


def test_the_example_of_the_function_holds() -> None:
    assert doctest.testmod(verb) == (0, 1)
