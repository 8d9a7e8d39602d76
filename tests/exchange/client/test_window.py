"""Several transfers at once."""

from __future__ import annotations

import gc
import warnings
from functools import partial

from pysession.exchange.client.window import in_order


async def number(of: int) -> int:
    return of


def test_results_come_in_the_order_in_which_they_were_begun() -> None:
    assert list(in_order((0, partial(number, of)) for of in range(30))) == list(range(30))


def test_what_has_not_begun_when_the_rest_is_given_up_is_no_loose_end() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        results = in_order((0, partial(number, of)) for of in range(30))
        assert next(results) == 0
        results.close()  # type: ignore[attr-defined]
        del results
        gc.collect()
    assert [str(one.message) for one in told] == []
