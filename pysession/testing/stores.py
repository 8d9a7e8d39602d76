"""A conformance suite that any session store can be put through from pytest.

    from functools import partial
    import pytest
    from pysession.stores import open_store
    from pysession.testing.stores import StoreCase, store_cases

    @pytest.mark.parametrize("case", store_cases(MyStore.capabilities), ids=str)
    def test_my_store_keeps_its_promises(case: StoreCase, tmp_path) -> None:
        case.check(partial(MyStore, tmp_path, max_bytes=1_000_000))

What is given to ``check`` opens the store, each time on the same, at first empty, storage; it is called once for every
handle, and for some cases in other processes, so it must be picklable (a function of a module, or ``partial`` of one).
Open the store with a limit of at most 16 MiB, so that the limit can be tried.

Needs the extra ``testing``. A capability that is declared is held to: its cases are not left out, and a store that declares nothing at all still has
those on bytes and ids. Known failures are a mapping from the name of a case to a reason; one that does not fail any more
is a failure too.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping

import msgspec
import pytest

from pysession.stores import Capability, Store

# A failed assertion then shows what was compared.
pytest.register_assert_rewrite(
    *(f"pysession.testing.store_{part}" for part in ("bytes", "changes", "keys", "processes"))
)

from pysession.testing.store_bytes import BYTES  # noqa: E402
from pysession.testing.store_changes import CHANGES  # noqa: E402
from pysession.testing.store_keys import KEYS  # noqa: E402
from pysession.testing.store_processes import PROCESSES  # noqa: E402

__all__ = ["OpenStore", "StoreCase", "store_cases"]

OpenStore = Callable[[], Store]
"""Opens the store under test."""

_Check = Callable[[OpenStore], Awaitable[None]]


class StoreCase(msgspec.Struct, frozen=True):
    """One demand on a store: its name, the sentence it stands for, and the capability that promises it (None: all do)."""

    name: str
    sentence: str
    capabilities: frozenset[Capability]
    demand: _Check

    def __str__(self) -> str:
        return self.name

    def check(self, open_store: OpenStore, known: Mapping[str, str] | None = None) -> None:
        """Hold the store to the demand.

        ``known`` gives the reasons of known failures by the name of the case.

        Raises:
            AssertionError: it fails, or a known failure does not happen any more.
        """
        reason = (known or {}).get(self.name)
        try:
            asyncio.run(self._run(open_store))
        except Exception as failure:
            if reason is None:
                raise AssertionError(f"{self.sentence} {type(failure).__name__}: {failure}") from failure
        else:
            if reason is not None:
                raise AssertionError(f"{self.name} is known to fail ({reason}), and does not; take it off the list")

    async def _run(self, open_store: OpenStore) -> None:
        await self.demand(open_store)


def store_cases(capabilities: Iterable[Capability]) -> list[StoreCase]:
    """The cases for a store with these capabilities, one at least for each.

    Raises:
        AssertionError: a capability has no case, so that nothing would be tried for it.
    """
    declared = frozenset(capabilities)
    cases = [case for case in ALL_CASES if case.capabilities <= declared]
    tried = frozenset().union(*(case.capabilities for case in cases))
    assert cases, "no case applies"
    assert declared <= tried, f"nothing tries {', '.join(sorted(declared - tried))}"
    return cases


def _case(demand: _Check, needs: frozenset[Capability]) -> StoreCase:
    name = demand.__name__.removeprefix("demand_") if hasattr(demand, "__name__") else str(demand)
    return StoreCase(name.replace("_", "-"), " ".join((inspect.getdoc(demand) or name).split()), needs, demand)


ALL_CASES = tuple(_case(demand, needs) for demand, needs in (*BYTES, *KEYS, *CHANGES, *PROCESSES))
"""Every case there is."""
