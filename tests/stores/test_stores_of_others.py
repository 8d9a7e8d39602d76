"""What stores of others keep of what a store promises: the framework's own, and one from the package index."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from pysession.testing.stores import StoreCase, store_cases
from tests.stores.framework import FrameworkStore
from tests.stores.third_party import DiskCacheStore

_REWRITTEN = "a session is read into objects and written anew: contents and messages gain additional_properties"
_DROPPED = "members of a session that the framework does not know are dropped"

FRAMEWORK = {
    "keeps-a-session": _REWRITTEN,
    "keeps-the-order-of-members": _DROPPED,
    "keeps-the-texts-of-numbers": _DROPPED,
    "keeps-repeated-names": "of members with one name the last one is kept",
    "keeps-a-byte-order-mark": _REWRITTEN,
    "keeps-white-space-and-line-ends": "white space is no part of what is kept",
    "keeps-escapes-as-they-are-written": _DROPPED,
    "keeps-unicode-unchanged": _DROPPED,
    "limit-is-the-same-for-writing-and-reading": "it has no limit",
    "ids-stay-apart": "an id has at most 128 characters",
}

DISK_CACHE = {
    "limit-is-the-same-for-writing-and-reading": "it has no limit",
    "what-is-no-id-is-refused": "any value can be a key, the empty text too",
    "a-document-expires-when-it-says": "it does not look into what it keeps",
}


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore:.*experimental")
@pytest.mark.parametrize("case", store_cases(FrameworkStore.capabilities), ids=str)
def test_the_store_of_the_framework_fails_where_it_is_known_to(case: StoreCase, tmp_path: Path) -> None:
    case.check(partial(FrameworkStore, tmp_path), FRAMEWORK)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("case", store_cases(DiskCacheStore.capabilities), ids=str)
def test_a_key_value_store_of_others_fails_where_it_is_known_to(case: StoreCase, tmp_path: Path) -> None:
    case.check(partial(DiskCacheStore, tmp_path), DISK_CACHE)
