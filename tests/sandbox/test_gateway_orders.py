"""Orders at the exchange, past the OMS."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conftest import Client, short
from tests.sandbox.gateway_client import call, refusal


async def test_an_order_past_the_oms_becomes_external_deals(client: Client) -> None:
    """Its fills are deals without an order, of no strategy, for the reason `external`."""
    order = await call(client, "create_order", "BTC/USDT", "market", "buy", 0.01, account_id=2)
    deal = await client.row("deals", 1)
    assert (deal["order_id"], deal["strategy_id"], deal["reason"]) == (None, 0, "external")
    assert deal["exchange_trade_id"] == order["trades"][0]["id"]
    assert await client.positions(2) == [(1, "buy", "0.01")]
    assert (await client.get("/oms/orders/open?account_ids=2"))["items"] == []


async def test_an_oms_order_canceled_past_the_oms_is_canceled(client: Client) -> None:
    """What happens to an OMS order at the exchange is followed, whoever did it."""
    row = await client.row("orders", await client.order("buy", "0.01", price="50000"))
    canceled = await call(client, "cancelOrder", row["exchange_order_id"], "BTC/USDT")
    assert canceled["status"] == "canceled"
    assert (await client.row("orders", row["id"]))["status"] == "CANCELED"
    assert client.events()[-1][0] == "order_updated"


async def test_an_oms_order_edited_past_the_oms_is_edited(client: Client) -> None:
    """New price and amount come through to the OMS's order."""
    row = await client.row("orders", await client.order("buy", "0.01", price="50000"))
    await call(client, "edit_order", row["exchange_order_id"], "BTC/USDT", "limit", "buy", 0.02, 51000)
    edited = await client.row("orders", row["id"])
    assert (short(edited["qty"]), short(edited["price"])) == ("0.02", "51000")


async def test_lists_of_exchange_orders(client: Client) -> None:
    """Orders are told apart by status and symbol, ascending, and cut to the newest without `since`."""
    resting = await call(client, "create_order", "BTC/USDT", "limit", "buy", "0.01", "50000")
    filled = await call(client, "create_order", "ETH/USDT", "market", "buy", 1)
    gone = await call(client, "create_order", "BTC/USDT", "limit", "buy", 0.01, 40000, {"clientOrderId": "mine"})
    await call(client, "cancel_order", gone["id"])

    async def ids(func: str, *args: Any, **kwargs: Any) -> list[str]:
        return [order["id"] for order in await call(client, func, *args, **kwargs)]

    assert await ids("fetch_open_orders") == [resting["id"]]
    assert await ids("fetch_closed_orders") == [filled["id"]]
    assert await ids("fetch_canceled_orders") == [gone["id"]]
    assert await ids("fetchOrders") == [resting["id"], filled["id"], gone["id"]]
    assert await ids("fetch_orders", "BTC/USDT") == [resting["id"], gone["id"]]
    assert await ids("fetch_orders", limit=1) == [gone["id"]]
    assert await ids("fetch_orders", since=0, limit=1) == [resting["id"]]
    assert (await call(client, "fetch_order", gone["id"]))["clientOrderId"] == "mine"


async def test_trades_of_the_account(client: Client) -> None:
    """Trades name their order and its type; those of one order are its own."""
    first = await call(client, "create_order", "BTC/USDT", "market", "buy", 0.01)
    second = await call(client, "create_order", "ETH/USDT", "limit", "buy", 1, 4000)
    trades = await call(client, "fetch_my_trades")
    assert [(trade["order"], trade["type"]) for trade in trades] == [(first["id"], "market"), (second["id"], "limit")]
    assert await call(client, "fetch_my_trades", "ETH/USDT") == trades[1:]
    assert await call(client, "fetch_order_trades", second["id"]) == trades[1:]


async def test_cancel_all_of_a_symbol(client: Client) -> None:
    """All resting orders of a symbol are canceled, the others stay."""
    await call(client, "create_order", "BTC/USDT", "limit", "buy", 0.01, 50000)
    other = await call(client, "create_order", "ETH/USDT", "limit", "buy", 1, 2000)
    assert len(await call(client, "cancel_all_orders", "BTC/USDT")) == 1
    assert [order["id"] for order in await call(client, "fetch_open_orders")] == [other["id"]]


async def test_params_become_fields_of_the_order(client: Client) -> None:
    """ccxt's params for triggers, time in force and post only mean what they say."""
    stop = await call(client, "create_order", "BTC/USDT", "market", "sell", 0.01, None, {"stopLossPrice": "59000"})
    assert (stop["status"], stop["triggerPrice"]) == ("open", 59000.0)
    status, body = await client.command(
        "send_order", symbol="BTC/USDT", side="sell", order_type="market", qty="0.01", params={"stopPrice": 58000}
    )
    assert (status, body["results"][0]["order"]["status"]) == (200, "SUBMITTED")
    assert (await call(client, "fetch_open_orders"))[-1]["triggerPrice"] == 58000.0
    ioc = await call(client, "create_order", "BTC/USDT", "limit", "buy", 0.01, 50000, {"timeInForce": "IOC"})
    assert ioc["status"] == "canceled"
    message = await refusal(client, "create_order", "BTC/USDT", "limit", "buy", 0.01, 70000, {"postOnly": True})
    assert "post only" in message


async def test_orders_are_brought_to_the_grid(client: Client) -> None:
    """An order past the OMS is on the market's grid too, when it is placed and when it is edited."""
    order = await call(client, "create_order", "BTC/USDT", "limit", "buy", 0.0123456789, 50000.019)
    assert (order["amount"], order["price"]) == (0.012345, 50000.02)
    order = await call(client, "edit_order", order["id"], "BTC/USDT", "limit", "buy", 0.0223456789, 50000.031)
    assert (order["amount"], order["price"]) == (0.022345, 50000.03)


async def test_a_legacy_gateway_order_waits_for_reconciliation(legacy: Client) -> None:
    """In a legacy OMS an order past the OMS becomes a deal when it reconciles."""
    await call(legacy, "create_order", "BTC/USDT", "market", "buy", 0.01)
    assert await legacy.positions() == []
    await legacy.send("POST", "/oms/reconcile", {"account_id": 1})
    assert await legacy.positions() == [(1, "buy", "0.01")]
