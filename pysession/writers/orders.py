"""The order of members as evidence.

Databases order members anew (Postgres ``jsonb`` and MySQL by length, then by bytes; others by name), and what they leave
may by chance look like the order of some release. So order counts only where every object of the document has a
writer's order, and where sorting would have given another one. Some stores keep members in no order at all (hash
tables): what little there is of a short document may then be in a writer's order by chance, and is not certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from math import factorial, prod

from pysession.dialects import Document
from pysession.writers.evidence import Sighting
from pysession.writers.layers import Layer, Shape
from pysession.writers.pool import Pool
from pysession.writers.table import Order, Table, table_of

_Names = tuple[str, ...]

_CERTAIN = 1_000
"""How many orders there must have been for the one that was found not to be chance."""


def sighted_order(document: Document, pool: Pool, layers: Sequence[Layer]) -> Iterator[Sighting]:
    """What the order of members says of a document whose typed objects are ``layers``."""
    table = table_of(document.dialect)
    if table is None:
        return
    envelope = tuple(document.value) if isinstance(document.value, dict) else ()
    orders = tuple(order for order in table.orders if document.dialect in order.dialects)
    seen = [(layer, shape) for layer in layers if not layer.loose for shape in layer.shapes]
    everything = [("", envelope), *((_key(layer, shape), shape[1]) for layer, shape in seen)]
    if not orders or _is_sorted(names for _, names in everything):
        return
    fitting = [order for order in orders if all(_fits(table, order, key, names) for key, names in everything)]
    if not fitting or len(fitting) == len(orders):
        return
    remaining = frozenset[str]().union(*(pool.lived(order.since, order.until) for order in fitting))
    certain = prod(factorial(len(names)) for names in {names for _, names in everything}) > _CERTAIN
    for layer, shape in seen:
        if not all(_fits(table, order, _key(layer, shape), shape[1]) for order in orders):
            yield Sighting(remaining, fitting[0].says, certain, partial(layer.path_to, shape, fitting[0].at))
            return


def _key(layer: Layer, shape: Shape) -> str:
    return f"{layer.place}.{shape[0]}" if shape[0] else layer.place


def _is_sorted(objects: Iterable[_Names]) -> bool:
    """Whether all members are in an order that a database may have put them in."""
    by_name = by_length = True
    for names in objects:
        by_name = by_name and list(names) == sorted(names)
        by_length = by_length and list(names) == sorted(names, key=_length_first)
        if not by_name and not by_length:
            return False
    return True


def _length_first(name: str) -> tuple[int, bytes]:
    data = name.encode("utf-8", "surrogatepass")
    return len(data), data


def _fits(table: Table, order: Order, key: str, names: _Names) -> bool:
    """Whether members are in an order's order; objects for which no order is known fit every one."""
    place = key.partition(".")[0]
    known = next((one[at] for at in (key, place) for one in (order.members, table.member_order) if at in one), None)
    return known is None or _in_order(known, names)


@cache
def _in_order(known: _Names, names: _Names) -> bool:
    rest = iter(known)
    return all(name in rest for name in names)
