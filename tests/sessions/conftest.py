"""The servers that the tests of stores start serve those of sessions too."""

from tests.stores.conftest import (
    cosmos_server,
    cosmos_url,
    postgres_server,
    postgres_url,
    redis_server,
    redis_url,
    s3_server,
    s3_url,
)

__all__ = [
    "cosmos_server",
    "cosmos_url",
    "postgres_server",
    "postgres_url",
    "redis_server",
    "redis_url",
    "s3_server",
    "s3_url",
]
