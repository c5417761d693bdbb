"""Implicit endpoint methods: every endpoint of the OMS under ccxt's names, in both spellings, with raw answers.

`exchange.omsGetOrdersOpen({"limit": 10})` is `GET /oms/orders/open?limit=10`. They are ccxt's own `Entry` attributes,
but what they ask goes through the driver's transport, never through ccxt's `fetch2`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from ccxt.base.types import Entry

from oms_ccxt_async import errors
from oms_ccxt_async.exchange.base import Base
from oms_ccxt_async.exchange.foreign import Foreign, foreign, kind_of
from oms_ccxt_async.wire.gateway import PASSED_THROUGH, encoded
from oms_ccxt_async.wire.retry import Kind
from oms_ccxt_async.wire.transport import Request

__all__ = ["API", "Implicit"]


class _Endpoint(NamedTuple):
    """One endpoint.

    Attributes:
        answer: the key that a good answer has.
        account: the parameter that names the account; where it is not given, it is the exchange's account.
        kind: what sending a request twice would do; None: it depends on what is sent.
    """

    answer: str
    account: str | None = None
    kind: Kind | None = Kind.READ


_PREFIXES = {"oms": "/oms/", "ccxt": "/ccxt/", "public": "/", "private": "/"}
_ENDPOINTS = {
    ("public", "GET", "healthz"): _Endpoint("status"),
    ("private", "GET", "strategies"): _Endpoint("items"),
    ("private", "POST", "strategies"): _Endpoint("strategy_id", kind=Kind.ONCE),
    ("oms", "GET", "accounts"): _Endpoint("items"),
    ("oms", "GET", "orders/open"): _Endpoint("items", "account_ids"),
    ("oms", "GET", "orders/history"): _Endpoint("items", "account_ids"),
    ("oms", "GET", "orders/{ids}"): _Endpoint("items"),
    ("oms", "GET", "deals"): _Endpoint("items", "account_ids"),
    ("oms", "GET", "deals/{ids}"): _Endpoint("items"),
    ("oms", "GET", "positions/open"): _Endpoint("items", "account_ids"),
    ("oms", "GET", "positions/history"): _Endpoint("items", "account_ids"),
    ("oms", "GET", "positions/{ids}"): _Endpoint("items"),
    ("oms", "GET", "reconcile/status"): _Endpoint("items"),
    ("oms", "GET", "reconcile/{account_id}/status"): _Endpoint("items", "account_id"),
    ("oms", "POST", "commands"): _Endpoint("results", "account_id", None),
    ("oms", "POST", "reconcile"): _Endpoint("triggered_count", "account_id", Kind.REPEATABLE),
    ("ccxt", "GET", "orders/raw"): _Endpoint("items", "account_ids"),
    ("ccxt", "GET", "trades/raw"): _Endpoint("items", "account_ids"),
    ("ccxt", "POST", "commands"): _Endpoint("results", "account_id", None),
    ("ccxt", "POST", "{account_id}/{func}"): _Endpoint("result", "account_id", None),
    ("ccxt", "POST", "core/{account_id}/{func}"): _Endpoint("result", "account_id", None),
}
_ABSOLUTE = frozenset(("cancel_order", "cancel_all_orders", "change_order", "position_change"))
"""The commands that do no more when they are done twice."""

API: dict[str, dict[str, list[str]]] = {}
"""The endpoints as `describe()["api"]` lists them."""
for _api, _method, _path in _ENDPOINTS:
    API.setdefault(_api, {}).setdefault(_method.lower(), []).append(_path)


class Implicit(Base):
    """The implicit endpoint methods.

    Each takes `params`: path parameters by name, the rest as the query of a GET (a list as CSV) or the JSON body of a
    POST; `oms_post_commands` and `ccxt_post_commands` also take a list of bodies. An account that `params` do not name
    is the exchange's own. The answer is the OMS's JSON; errors are those of the unified methods.

    A request is sent again after an unclear answer only if that cannot do it twice. Commands get a `request_id` if they
    have none, so an OMS that recognises repeats never does one twice. On another OMS a command that is not absolute
    (`send_order`, `close_position`, `close_by`, `merge_positions`) is sent once, and after an unclear answer its fate
    is not settled: `create_order` does that.
    """

    def describe(self) -> dict[str, Any]:
        """The exchange's description, as ccxt's base class merges it with the user's config."""
        return dict(self.deep_extend(super().describe(), {"api": API}))

    async def fetch2(
        self,
        path: str,
        api: Sequence[str] = ("public",),
        method: str = "GET",
        params: Any = {},
        config: Mapping[str, Any] = {},
    ) -> Any:
        """Ask an endpoint of `describe()["api"]`, or one that only reads of the exchange that the driver stands in for;
        what the implicit methods and `request()` do.

        Raises:
            ccxt.NotSupported: no such endpoint, or one of the exchange that may do more than read or set leverage,
                margin mode or position mode; nothing was sent.
            ccxt.ArgumentsRequired: a path parameter is missing.
            ccxt.BaseError: as the OMS or the way to it refuses.
        """
        group = api if isinstance(api, str) else api[0]
        endpoint = _ENDPOINTS.get((group, method, path))
        if endpoint is None:
            groups = (api,) if isinstance(api, str) else tuple(api)
            return await self._ask_the_exchange(Foreign(groups, method, path), params)
        bodies = [
            self._with_account(body or {}, endpoint) for body in (params if isinstance(params, list) else [params])
        ]
        kind = endpoint.kind
        if (group, method, path) == ("oms", "POST", "commands"):
            kind = await self._kind_of_commands(bodies)
        elif kind is None:
            kind = _kind_of_calls(self.un_camel_case(str(body.get("func"))) for body in bodies)
        place = _PREFIXES[group] + _filled(path, bodies[0])
        asked = f"{method} {place}"
        body = None
        if method == "POST":
            body = encoded(asked, bodies if isinstance(params, list) else bodies[0])
        elif bodies[0]:
            place += "?" + self.urlencode({name: _csv(value) for name, value in bodies[0].items()})
        return await self._here.transport.send(Request(method, place, asked, endpoint.answer, kind, body))

    async def _ask_the_exchange(self, endpoint: Foreign, params: Any) -> Any:
        """An endpoint of the exchange that the driver stands in for, through the gateway, if it only reads."""
        identity = self._stands_in_for
        name = foreign(identity).get(endpoint) if identity else None
        if identity is None or name is None:
            where = f"{endpoint.method} {'/'.join(endpoint.api)}/{endpoint.path}"
            raise errors.NotSupported(f"oms has no endpoint {where}")
        kind = kind_of(identity, endpoint)
        if kind is None:
            raise errors.NotSupported(
                f"oms {name}(): this endpoint of {identity} is not known to only read; nothing was sent, as orders and "
                "money move through the OMS. Use ccxt's unified methods (create_order, cancel_order, ...)"
            )
        behind = (await self._facts()).exchange_id
        there = foreign(behind)
        if there and (endpoint not in there or kind_of(behind, endpoint) is not kind):
            raise errors.NotSupported(
                f"oms {name}(): account {self._settings.account_id} trades on {behind}, which has no such endpoint"
            )
        return await self._here.gateway.call(name, [params] if params else [], kind)

    def _with_account(self, params: Mapping[str, Any], endpoint: _Endpoint) -> dict[str, Any]:
        if endpoint.account is None or endpoint.account in params:
            return dict(params)
        return {endpoint.account: self._settings.account_id, **params}

    async def _kind_of_commands(self, commands: list[dict[str, Any]]) -> Kind:
        for command in commands:
            if command.get("request_id") is None:
                command["request_id"] = uuid.uuid4().hex
        if all(command.get("command") in _ABSOLUTE for command in commands):
            return Kind.REPEATABLE
        return await self._kind_of_repeat()


def _kind_of_calls(funcs: Iterable[str]) -> Kind:
    """What calling these methods of the exchange behind the account twice would do."""
    kinds = {Kind.READ if func.startswith(("fetch", "load")) else PASSED_THROUGH.get(func, Kind.ONCE) for func in funcs}
    return kinds.pop() if len(kinds) == 1 else Kind.ONCE


def _filled(path: str, params: dict[str, Any]) -> str:
    """The path with its parameters, which are taken out of `params`."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if params.get(name) in (None, "", []):
            raise errors.ArgumentsRequired(f"oms {path} requires {name}")
        return quote(str(_csv(params.pop(name))), safe=",")

    return re.sub(r"\{(\w+)\}", value, path)


def _csv(value: Any) -> Any:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else value


for _api, _method, _path in _ENDPOINTS:
    _first, *_rest = [_api, _method.lower(), *re.findall(r"[a-z]+", _path)]
    _entry = Entry(_path, [_api], _method, {})
    setattr(Implicit, "_".join([_first, *_rest]), _entry)
    setattr(Implicit, _first + "".join(map(str.capitalize, _rest)), _entry)
