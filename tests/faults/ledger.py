"""What the OMS itself holds, read over plain HTTP: the truth to check a driver's account of its orders against."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import aiohttp

__all__ = ["Ledger", "Row"]

Row = dict[str, Any]
"""An order, deal or position as the OMS sends it: quantities and prices are decimal strings."""

PAGE_SIZE = 500
OPEN_LIMIT = 5000
EVER = {"start_date": "2000-01-01", "end_date": "2099-12-31"}
DECIMALS = frozenset({"qty", "price", "stop_loss", "stop_gain", "filled_qty", "avg_fill_price"})


class Ledger:
    """One account's books at an OMS, of either profile; every read goes past the OMS's cache.

    Args:
        base_url: of the OMS itself, not of a proxy before it.
        api_key: of a key that is not restricted to strategies.
    """

    def __init__(self, base_url: str, api_key: str, account_id: int) -> None:
        self._base_url = base_url
        self._headers = {"x-api-key": api_key}
        self._query = {"account_ids": str(account_id), "cache": "false"}

    async def orders(self) -> list[Row]:
        """Every order there ever was, open ones included (fact 16), in ascending order of id."""
        return await self._pages("/oms/orders/history")

    async def deals(self) -> list[Row]:
        """Every deal there ever was, in ascending order of id."""
        return await self._pages("/oms/deals")

    async def positions(self) -> list[Row]:
        """The open positions, in ascending order of id."""
        return await self._read("/oms/positions/open", limit=str(OPEN_LIMIT))

    async def balance(self) -> dict[str, Any]:
        """What the account holds at the exchange, as ccxt has it."""
        path = f"/ccxt/core/{self._query['account_ids']}/fetch_balance"
        async with (
            aiohttp.ClientSession(self._base_url, headers=self._headers, raise_for_status=True) as session,
            session.post(path, json={}) as response,
        ):
            body: dict[str, dict[str, Any]] = await response.json()
            return body["result"]

    async def orders_by_client_order_id(self) -> dict[str | None, list[Row]]:
        """The orders under each client order id; those that have none are under None."""
        orders: dict[str | None, list[Row]] = {}
        for order in await self.orders():
            orders.setdefault(order["client_order_id"], []).append(order)
        return orders

    async def assert_no_duplicates(self) -> None:
        """No client order id stands on two orders."""
        counts = Counter(order["client_order_id"] for order in await self.orders() if order["client_order_id"])
        doubled = {client_order_id: count for client_order_id, count in counts.items() if count > 1}
        assert not doubled, f"orders at the OMS by client order id: {doubled}"

    async def assert_orders(self, intended: Mapping[str, Mapping[str, str | int | None]]) -> None:
        """The orders at the OMS are those that were intended: each once, none missing, none besides.

        Args:
            intended: client order id to the fields that must agree, by their wire names; decimals by value
                (`"0.5"` is `"0.500000000000000000"`).
        """
        found = await self.orders_by_client_order_id()
        counts = {client_order_id: len(orders) for client_order_id, orders in found.items()}
        assert counts == dict.fromkeys(intended, 1), "orders at the OMS by client order id, and intended"
        for client_order_id, fields in intended.items():
            order = found[client_order_id][0]
            assert {name: _value(name, order[name]) for name in fields} == {
                name: _value(name, value) for name, value in fields.items()
            }, f"order {client_order_id}"

    async def _pages(self, path: str) -> list[Row]:
        rows: list[Row] = []
        page = 1
        while items := await self._read(path, **EVER, page=str(page), page_size=str(PAGE_SIZE)):
            rows += items
            page += 1
        return rows

    async def _read(self, path: str, **query: str) -> list[Row]:
        async with (
            aiohttp.ClientSession(self._base_url, headers=self._headers, raise_for_status=True) as session,
            session.get(path, params=self._query | query) as response,
        ):
            body: dict[str, list[Row]] = await response.json()
            return body["items"]


def _value(name: str, value: Any) -> Any:
    return Decimal(value) if name in DECIMALS and value is not None else value
