"""What each real release of the libraries knows: tables as data, and the functions that read them."""

from pysession.readers.known import first_release_with, known_kinds, known_members
from pysession.readers.reading import readings
from pysession.readers.releases import (
    NotRecordedError,
    Release,
    UnknownReleaseError,
    families,
    latest,
    reader,
    release,
    releases,
    resolve,
)
from pysession.readers.settings import DEFAULT_SETTINGS, Settings
from pysession.readers.versions import DURABLE_MAJOR, SESSION_STORE_VERSION

__all__ = [
    "DEFAULT_SETTINGS",
    "DURABLE_MAJOR",
    "SESSION_STORE_VERSION",
    "NotRecordedError",
    "Release",
    "Settings",
    "UnknownReleaseError",
    "families",
    "first_release_with",
    "known_kinds",
    "known_members",
    "latest",
    "reader",
    "readings",
    "release",
    "releases",
    "resolve",
]
