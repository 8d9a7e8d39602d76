"""What each real release of the libraries knows: tables as data, and the functions that read them."""

from pysession.readers.known import known_kinds, known_members
from pysession.readers.releases import (
    Release,
    UnknownReleaseError,
    families,
    latest,
    release,
    releases,
    resolve,
)
from pysession.readers.versions import DURABLE_MAJOR, SESSION_STORE_VERSION

__all__ = [
    "DURABLE_MAJOR",
    "SESSION_STORE_VERSION",
    "Release",
    "UnknownReleaseError",
    "families",
    "known_kinds",
    "known_members",
    "latest",
    "release",
    "releases",
    "resolve",
]
