"""A server that speaks as much of Azure Cosmos DB's REST interface as a store uses, for tests with the official SDK.

    python -m tests.stores.cosmos_server PORT KEY [CERTIFICATE.pem PRIVATE-KEY.pem]

It is written by the service's documentation (Azure Cosmos DB: REST API reference) and is strict where that is: the
signature of each request, partition keys, ids, sizes of items and batches, etags, lives of items, atomic batches. Two
physical partitions make the SDK plan and merge its queries as it does with the service. Items are in memory.

``POST /throttle/N`` makes the next N requests be refused with 429; ``GET /items`` shows everything.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import ssl
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from aiohttp import web

from tests.stores.cosmos_query import Item, Query, QueryError

MOST_BYTES = 2 * 2**20
MOST_OPERATIONS = 100
MOST_ID_BYTES = 1023
PAGE_BYTES = 4 * 2**20
PAGE_ITEMS = 100
RANGES = (("0", "", "1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"), ("1", "1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "FF"))
IDENTITY = "token-of-an-identity"
_CROSS_PARTITION = "1004"
_CLOCK_SECONDS = 15 * 60


class Refused(Exception):  # noqa: N818 (an answer, not an error)
    def __init__(self, status: int, code: str, substatus: str | None = None, **headers: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.headers = headers | ({} if substatus is None else {"x-ms-substatus": substatus})


class Container:
    """Items by partition key and id."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        if not str(properties.get("partitionKey", {}).get("paths", [""])[0]).startswith("/"):
            raise Refused(400, "BadRequest")
        self.rid = base64.b64encode(uuid.uuid4().bytes[:8]).decode().replace("/", "-")
        self.properties = {
            **properties,
            "_rid": self.rid,
            "_self": f"dbs/d/colls/{self.rid}/",
            "_etag": '"0"',
            "_ts": 0,
        }
        self.items: dict[tuple[str, str], Item] = {}
        self._numbers = itertools.count(1)

    def live(self) -> list[Item]:
        return [item for item in self.items.values() if not self._is_over(item)]

    def find(self, partition: str, item_id: str) -> Item:
        item = self.items.get((partition, item_id))
        if item is None or self._is_over(item):
            raise Refused(404, "NotFound")
        return item

    def create(self, partition: str, item: Item) -> Item:
        try:
            self.find(partition, self._checked(partition, item))
        except Refused as refused:
            if refused.status != 404:
                raise
            return self._set(partition, item)
        raise Refused(409, "Conflict")

    def replace(self, partition: str, item_id: str, item: Item, etag: str | None) -> Item:
        self._check_etag(self.find(partition, item_id), etag)
        if self._checked(partition, item) != item_id:
            raise Refused(400, "BadRequest")
        return self._set(partition, item)

    def delete(self, partition: str, item_id: str, etag: str | None) -> None:
        self._check_etag(self.find(partition, item_id), etag)
        del self.items[partition, item_id]

    def _is_over(self, item: Item) -> bool:
        return "defaultTtl" in self.properties and 0 < item.get("ttl", -1) <= time.time() - item["_ts"]

    def _set(self, partition: str, item: Item) -> Item:
        system = {
            "_rid": f"{self.rid}{next(self._numbers)}",
            "_self": f"dbs/d/colls/{self.rid}/docs/",
            "_etag": f'"{uuid.uuid4()}"',
            "_attachments": "attachments/",
            "_ts": int(time.time()),
        }
        self.items[partition, item["id"]] = {**item, **system}
        return self.items[partition, item["id"]]

    def _checked(self, partition: str, item: Item) -> str:
        item_id = item.get("id")
        if (
            not isinstance(item_id, str)
            or not 0 < len(item_id.encode()) <= MOST_ID_BYTES
            or set(item_id) & set("/\\?#")
        ):
            raise Refused(400, "BadRequest")
        if len(json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode()) > MOST_BYTES:
            raise Refused(413, "RequestEntityTooLarge")
        if item.get(self.properties["partitionKey"]["paths"][0][1:]) != partition:
            raise Refused(400, "BadRequest", "1001")
        life = item.get("ttl", -1)
        if not isinstance(life, int) or not (life == -1 or life > 0):
            raise Refused(400, "BadRequest")
        return item_id

    @staticmethod
    def _check_etag(item: Item, etag: str | None) -> None:
        if etag is not None and etag not in ("*", item["_etag"]):
            raise Refused(412, "PreconditionFailed")


class Service:
    def __init__(self, key: str, address: str) -> None:
        self._key = base64.b64decode(key)
        self._address = address
        self._databases: dict[str, dict[str, Container]] = {}
        self._throttled = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        names = [unquote(name) for name in request.path.strip("/").split("/") if name]
        if names[:1] == ["throttle"]:
            self._throttled = int(names[1])
            return web.json_response({})
        if names == ["items"]:
            return web.json_response(
                [one for all_ in self._databases.values() for c in all_.values() for one in c.live()]
            )
        try:
            self._check(request, names)
            if self._throttled:
                self._throttled -= 1
                raise Refused(429, "TooManyRequests", **{"x-ms-retry-after-ms": "10"})
            status, body, headers = self._route(request, names, await request.read())
        except Refused as refused:
            body = {"code": refused.code, "message": refused.code}
            return web.json_response(body, status=refused.status, headers=refused.headers)
        if isinstance(body, dict) and "_etag" in body:
            headers = {"etag": body["_etag"], **headers}
        headers = {"x-ms-session-token": "0:-1#1", "x-ms-request-charge": "1", **headers}
        return web.json_response(body, status=status, headers=headers) if status != 204 else web.Response(status=204)

    def _check(self, request: web.Request, names: Sequence[str]) -> None:
        """The signature: https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources."""
        token = parse_qs(unquote(request.headers.get("authorization", "")).replace("+", "%2B"))
        date = request.headers.get("x-ms-date", "")
        kind = names[-1] if len(names) % 2 else (names[-2] if names else "")
        link = "/".join(names[:-1] if len(names) % 2 else names)
        text = f"{request.method.lower()}\n{kind.lower()}\n{link}\n{date.lower()}\n\n"
        own = base64.b64encode(hmac.new(self._key, text.encode(), hashlib.sha256).digest()).decode()
        signature = token.get("sig", [""])[0]
        if (token.get("type"), signature) == (["aad"], IDENTITY):
            if request.method == "POST" and kind in ("dbs", "colls"):
                raise Refused(403, "Forbidden")  # an identity may be given items only
        elif token.get("type") != ["master"] or not hmac.compare_digest(signature, own):
            raise Refused(401, "Unauthorized")
        if abs(time.time() - parsedate_to_datetime(date).timestamp()) > _CLOCK_SECONDS:
            raise Refused(403, "Forbidden")
        if "x-ms-version" not in request.headers:
            raise Refused(400, "BadRequest")

    def _route(self, request: web.Request, names: list[str], body: bytes) -> tuple[int, Any, dict[str, str]]:
        match (request.method, *names):
            case ("GET",):
                return 200, self._account(), {}
            case ("POST", "dbs"):
                return 201, self._made_database(json.loads(body)["id"]), {}
            case ("GET", "dbs", name):
                self._database(name)
                return 200, _described(name), {}
            case ("POST", "dbs", name, "colls"):
                return 201, self._made_container(name, json.loads(body)), {}
            case ("GET", "dbs", name, "colls", other):
                return 200, self._container(name, other).properties, {}
            case ("GET", "dbs", name, "colls", other, "pkranges"):
                return _ranges(request, self._container(name, other))
            case ("POST", "dbs", name, "colls", other, "docs"):
                return self._posted(request, self._container(name, other), json.loads(body), len(body))
            case ("GET", "dbs", name, "colls", other, "docs", item_id):
                return 200, self._container(name, other).find(_partition(request), item_id), {}
        raise Refused(405, "MethodNotAllowed")

    def _account(self) -> dict[str, Any]:
        here = [{"name": "Nowhere", "databaseAccountEndpoint": self._address}]
        return {
            "id": "account",
            "_rid": "account",
            "writableLocations": here,
            "readableLocations": here,
            "enableMultipleWriteLocations": False,
            "userConsistencyPolicy": {"defaultConsistencyLevel": "Session"},
        }

    def _database(self, name: str) -> dict[str, Container]:
        if name not in self._databases:
            raise Refused(404, "NotFound")
        return self._databases[name]

    def _container(self, database: str, name: str) -> Container:
        found = self._database(database).get(name)
        if found is None:
            raise Refused(404, "NotFound")
        return found

    def _made_database(self, name: str) -> dict[str, Any]:
        if name in self._databases:
            raise Refused(409, "Conflict")
        self._databases[name] = {}
        return _described(name)

    def _made_container(self, database: str, properties: dict[str, Any]) -> dict[str, Any]:
        containers = self._database(database)
        if properties["id"] in containers:
            raise Refused(409, "Conflict")
        containers[properties["id"]] = Container(properties)
        return containers[properties["id"]].properties

    def _posted(
        self, request: web.Request, container: Container, body: Any, size: int
    ) -> tuple[int, Any, dict[str, str]]:
        if _is_set(request, "x-ms-cosmos-is-query-plan-request"):
            return 200, _plan(Query(body["query"], body.get("parameters", ()))), {}
        if _is_set(request, "x-ms-documentdb-isquery"):
            return _queried(request, container, body)
        if _is_set(request, "x-ms-cosmos-is-batch-request"):
            if size > MOST_BYTES:
                raise Refused(413, "RequestEntityTooLarge")
            return _batch(container, _partition(request), body)
        made = container.create(_partition(request), body)
        return 201, made if request.headers.get("prefer") != "return=minimal" else None, {}


def _described(name: str) -> dict[str, Any]:
    return {"id": name, "_rid": "d", "_self": "dbs/d/", "_etag": '"0"', "_ts": 0}


def _ranges(request: web.Request, container: Container) -> tuple[int, Any, dict[str, str]]:
    # Read as a feed of changes: the second time there are none.
    if request.headers.get("if-none-match"):
        return 304, None, {"etag": '"1"'}
    found = [
        {
            "id": name,
            "minInclusive": low,
            "maxExclusive": high,
            "_rid": container.rid,
            "parents": [],
            "status": "online",
        }
        for name, low, high in RANGES
    ]
    return 200, {"PartitionKeyRanges": found, "_rid": container.rid, "_count": len(found)}, {"etag": '"1"'}


def _partition(request: web.Request) -> str:
    found = json.loads(request.headers.get("x-ms-documentdb-partitionkey", "[]"))
    if len(found) != 1 or not isinstance(found[0], str):
        raise Refused(400, "BadRequest", "1001")
    return str(found[0])


def _is_set(request: web.Request, name: str) -> bool:
    return request.headers.get(name, "").lower() == "true"


def _range_of(partition: str) -> str:
    """The physical partition of a logical one; the service hashes it otherwise, and tells nobody."""
    return str(hashlib.sha256(partition.encode()).digest()[0] % 2)


def _queried(request: web.Request, container: Container, body: Mapping[str, Any]) -> tuple[int, Any, dict[str, str]]:
    ordered = body["query"].startswith("SELECT c._rid, [")
    try:
        query = Query(_unwrapped(body["query"]) if ordered else body["query"], body.get("parameters", ()))
    except QueryError:
        raise Refused(400, "BadRequest") from None
    found = query.run(container.live())
    partition_path = container.properties["partitionKey"]["paths"][0][1:]
    wanted = request.headers.get("x-ms-documentdb-partitionkeyrangeid")
    if "x-ms-documentdb-partitionkey" in request.headers:
        found = [item for item in found if item[partition_path] == _partition(request)]
    elif wanted is not None:
        found = [item for item in found if _range_of(item[partition_path]) == wanted.rpartition(",")[2]]
    elif not _is_set(request, "x-ms-documentdb-query-enablecrosspartition") or query.order is not None:
        raise Refused(400, "BadRequest", _CROSS_PARTITION)
    shown = [_ordered(query, item) if ordered else query.shown(item) for item in found]
    return _page(request, container, shown)


def _page(request: web.Request, container: Container, shown: list[Item]) -> tuple[int, Any, dict[str, str]]:
    start = int(request.headers.get("x-ms-continuation") or 0)
    most = int(request.headers.get("x-ms-max-item-count") or -1)
    page: list[Item] = []
    size = 0
    for item in shown[start : start + (most if most > 0 else PAGE_ITEMS)]:
        size += len(json.dumps(item))
        if page and size > PAGE_BYTES:
            break
        page.append(item)
    end = start + len(page)
    headers = {"x-ms-continuation": str(end)} if end < len(shown) else {}
    return 200, {"_rid": container.rid, "Documents": page, "_count": len(page)}, headers


def _plan(query: Query) -> dict[str, Any]:
    """How a query over several partitions is to be sent to each, and its answers merged."""
    order = [] if query.order is None else ["Ascending"]
    expressions = [] if query.order is None else [f"c.{query.order}"]
    rewritten = "" if query.order is None else _rewritten(query)
    info = {
        "distinctType": "None",
        "groupByExpressions": [],
        "orderBy": order,
        "orderByExpressions": expressions,
        "aggregates": [],
        "hasSelectValue": False,
        "rewrittenQuery": rewritten,
        "hasNonStreamingOrderBy": False,
    }
    everything = {"min": "", "max": "FF", "isMinInclusive": True, "isMaxInclusive": False}
    return {"partitionedQueryExecutionInfoVersion": 2, "queryInfo": info, "queryRanges": [everything]}


def _rewritten(query: Query) -> str:
    payload = ", ".join(f'"{name}": c.{name}' for name in query.columns)
    select = f'SELECT c._rid, [{{"item": c.{query.order}}}] AS orderByItems, {{{payload}}} AS payload FROM c'  # noqa: S608
    return (
        f"{select} WHERE ({query.filter}) AND ({{documentdb-formattableorderbyquery-filter}}) ORDER BY c.{query.order}"
    )


def _unwrapped(rewritten: str) -> str:
    """The query that was rewritten for one partition."""
    payload = rewritten.partition("}] AS orderByItems, {")[2].partition("} AS payload")[0]
    columns = ", ".join(part.partition(": ")[2] for part in payload.split(", "))
    tail = rewritten.partition(" FROM c WHERE ")[2].replace(" AND (true)", "")
    return f"SELECT {columns} FROM c WHERE {tail}"  # noqa: S608


def _ordered(query: Query, item: Item) -> Item:
    return {"_rid": item["_rid"], "orderByItems": [{"item": item[str(query.order)]}], "payload": query.shown(item)}


def _batch(
    container: Container, partition: str, operations: Sequence[Mapping[str, Any]]
) -> tuple[int, Any, dict[str, str]]:
    if not 0 < len(operations) <= MOST_OPERATIONS:
        raise Refused(400, "BadRequest")
    before = dict(container.items)
    done: list[dict[str, Any]] = []
    for operation in operations:
        try:
            status, item = _OPERATIONS[operation["operationType"]](container, partition, operation)
        except Refused as refused:
            container.items = before
            answers = [{"statusCode": 424, "requestCharge": 0} for _ in operations]
            answers[len(done)] = {"statusCode": refused.status, "requestCharge": 1}
            return 207, answers, {}
        answer: dict[str, Any] = {"statusCode": status, "requestCharge": 1}
        done.append(answer if item is None else answer | {"eTag": item["_etag"], "resourceBody": item})
    return 200, done, {}


_OPERATIONS: dict[str, Callable[[Container, str, Mapping[str, Any]], tuple[int, Item | None]]] = {
    "Create": lambda c, partition, one: (201, c.create(partition, one["resourceBody"])),
    "Replace": lambda c, partition, one: (
        200,
        c.replace(partition, one["id"], one["resourceBody"], one.get("ifMatch")),
    ),
    "Delete": lambda c, partition, one: (204, c.delete(partition, one["id"], one.get("ifMatch"))),
}


def main(port: str, key: str, certificate: str | None = None, private_key: str | None = None) -> None:
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, private_key)
    address = f"{'http' if context is None else 'https'}://localhost:{port}/"
    application = web.Application(client_max_size=8 * MOST_BYTES)
    application.router.add_route("*", "/{path:.*}", Service(key, address).answer)
    web.run_app(
        application,
        host="127.0.0.1",
        port=int(port),
        ssl_context=context,
        print=lambda *_: print("ready", flush=True),
        access_log=None,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
