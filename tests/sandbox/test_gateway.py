"""The gateway: unified ccxt methods with the exchange's own ids."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client, short


async def call(client: Client, func: str, *args: Any, account_id: int = 1, **kwargs: Any) -> Any:
    status, body = await client.send("POST", f"/ccxt/{account_id}/{func}", {"args": args, "kwargs": kwargs})
    assert status == 200, body
    return body["result"]


async def refusal(client: Client, func: str, *args: Any, **kwargs: Any) -> str:
    status, body = await client.send("POST", f"/ccxt/1/{func}", {"args": args, "kwargs": kwargs})
    assert (status, body["detail"]["code"]) == (502, "dispatcher_error")
    message: str = body["detail"]["message"]
    return message


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


async def test_markets_are_named_by_symbol_or_id(client: Client) -> None:
    """An id of the exchange's is as good as a symbol, in reads and in orders; answers carry the symbol."""
    assert (await call(client, "fetch_ticker", "BTCUSDT_USDT"))["symbol"] == "BTC/USDT:USDT"
    assert list(await call(client, "fetch_tickers", ["ETHBTC"])) == ["ETH/BTC"]
    order = await call(client, "create_order", "ETHUSDT", "limit", "buy", 1, 2000)
    assert order["symbol"] == "ETH/USDT"
    assert [row["id"] for row in await call(client, "fetch_open_orders", "ETHUSDT")] == [order["id"]]
    assert (await call(client, "set_leverage", 3, "BTCUSD_BTC"))["symbol"] == "BTC/USD:BTC"
    assert (await call(client, "fetch_leverage", "BTC/USD:BTC"))["longLeverage"] == 3.0
    assert [row["id"] for row in await call(client, "cancel_all_orders", "ETHUSDT")] == [order["id"]]
    assert await refusal(client, "fetch_ticker", "ethusdt") == "paper does not have market symbol ethusdt"


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


async def test_leverage_is_kept(client: Client) -> None:
    """Leverage is set for a swap and moves the margin."""
    swap = "BTC/USDT:USDT"
    await call(client, "create_order", swap, "market", "buy", 0.1)
    used = (await call(client, "fetch_balance"))["used"]["USDT"]
    await call(client, "set_leverage", 10, swap)
    assert (await call(client, "fetch_balance"))["used"]["USDT"] == pytest.approx(used / 10)
    state = client.sandbox.oms.storage.account_state(1)
    assert state == client.sandbox.oms.exchange.state(1)
    assert state.leverages == {swap: 10}


async def test_orders_are_brought_to_the_grid(client: Client) -> None:
    """An order past the OMS is on the market's grid too, when it is placed and when it is edited."""
    order = await call(client, "create_order", "BTC/USDT", "limit", "buy", 0.0123456789, 50000.019)
    assert (order["amount"], order["price"]) == (0.012345, 50000.02)
    order = await call(client, "edit_order", order["id"], "BTC/USDT", "limit", "buy", 0.0223456789, 50000.031)
    assert (order["amount"], order["price"]) == (0.022345, 50000.03)


async def test_margin_is_cross(client: Client) -> None:
    """The margin mode that there is can be set."""
    assert (await call(client, "set_margin_mode", "cross", "BTC/USDT:USDT"))["marginMode"] == "cross"


@pytest.mark.parametrize(
    ("func", "args", "message"),
    [
        ("create_order", ["BTC/USDT", "market"], "paper create_order() missing a required argument: 'side'"),
        ("create_order", ["BTC/USDT", "market", "up", 1], "paper side must be buy or sell"),
        ("create_order", ["BTC/USDT", "market", "buy", "much"], "paper amount must be a number"),
        ("create_order", ["BTC/USDT", "market", "buy", True], "paper amount must be a number"),
        ("create_order", [5, "market", "buy", 1], "paper symbol and type must be text"),
        ("fetch_order", ["x"], "paper order not found"),
        ("fetch_order", [str(2**70)], "paper order not found"),
        ("fetch_orders", ["NOPE"], "paper does not have market symbol NOPE"),
        ("fetch_orders", ["BTC/USDT", "yesterday"], "paper since must be a whole number"),
        ("fetch_orders", ["BTC/USDT", 0, -1], "paper limit must be a whole number"),
        ("set_leverage", [5], "paper leverage and symbol are required"),
        ("set_margin_mode", ["isolated", "BTC/USDT:USDT"], "paper margin mode is cross"),
        ("set_margin_mode", ["cross", "NOPE"], "paper does not have market symbol NOPE"),
        ("no_such", [], "unsupported ccxt method: no_such"),
    ],
)
async def test_bad_arguments_are_refused_in_the_exchanges_words(
    client: Client, func: str, args: list[Any], message: str
) -> None:
    """A wrong call is a dispatcher_error that says what is wrong."""
    assert await refusal(client, func, *args) == message


async def test_the_core_endpoints(client: Client) -> None:
    """The typed core endpoints do the same with fields by name."""

    async def core(func: str, **body: Any) -> Any:
        status, answer = await client.send("POST", f"/ccxt/core/1/{func}", body)
        assert status == 200, answer
        return answer["result"]

    order = await core("create_order", symbol="BTC/USDT", side="buy", order_type="limit", amount="0.01", price="50000")
    assert [open_order["id"] for open_order in await core("fetch_open_orders")] == [order["id"]]
    assert (await core("fetch_order", id=order["id"]))["status"] == "open"
    assert (await core("cancel_order", id=order["id"]))["status"] == "canceled"
    assert (await core("fetch_ticker", symbol="BTC/USDT"))["symbol"] == "BTC/USDT"
    assert (await core("fetch_balance"))["free"]["BTC"] == 10.0


async def test_a_batch_of_one(client: Client) -> None:
    """A batch may be a single item, and an error in it is an entry."""
    item = {"account_id": 1, "func": "fetch_time"}
    assert (await client.send("POST", "/ccxt/commands", item))[1]["results"][0]["ok"]
    status, body = await client.as_role("no such key").send("POST", "/ccxt/commands", item)
    assert (status, body["results"][0]["error"]["code"]) == (200, "invalid_api_key")


async def test_a_legacy_gateway_order_waits_for_reconciliation(legacy: Client) -> None:
    """In a legacy OMS an order past the OMS becomes a deal when it reconciles."""
    await call(legacy, "create_order", "BTC/USDT", "market", "buy", 0.01)
    assert await legacy.positions() == []
    await legacy.send("POST", "/oms/reconcile", {"account_id": 1})
    assert await legacy.positions() == [(1, "buy", "0.01")]
