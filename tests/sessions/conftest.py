"""The servers that the tests of stores start serve those of sessions too."""

from tests.stores.conftest import postgres_server, postgres_url, redis_server, redis_url

__all__ = ["postgres_server", "postgres_url", "redis_server", "redis_url"]
