"""How the exchange's fills become orders' progress, deals and positions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms_ccxt_async.sandbox.exchange import ExchangeTrade
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.rows import Deal, Order, Position
from tests.sandbox.conftest import Client, Clock, open_oms, send, short

steps = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell"]),
        st.integers(1, 3000),
        st.integers(0, 2),
        st.sampled_from(["BTC/USDT", "ETH/USDT"]),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([1, 2, 3]), steps)
def test_deals_add_up(account_id: int, sequence: list[tuple[str, int, int, str, int]]) -> None:
    """Whatever is traded, in every mode: the deals of a position add up to it, those of an order to what it filled with
    the fee it paid, those of a trade to the trade, and a netting scope never has two open positions."""
    clock = Clock()
    oms = open_oms(":memory:", clock)
    for side, milli, strategy_id, symbol, position_id in sequence:
        qty = str(Decimal(milli) / 1000)
        named = position_id if account_id == 1 else 0
        send(oms, side, qty, account_id, symbol=symbol, strategy_id=strategy_id, position_id=named)
        clock.now += 250
    deals = oms.storage.select(Deal)
    signed = {"buy": 1, "sell": -1}
    for position in oms.storage.select(Position):
        own = [deal for deal in deals if deal.position_id == position.id]
        assert sum(signed[deal.side] * deal.qty for deal in own) == signed[position.side] * position.qty
        assert (position.state == "closed") == (position.qty == 0)
    for order in oms.storage.select(Order):
        own = [deal for deal in deals if deal.order_id == order.id]
        assert sum(deal.qty for deal in own) == order.filled_qty
        assert sum(deal.fee or 0 for deal in own) == (order.fee or 0)
        if own:
            cost = sum(Fraction(deal.qty) * Fraction(deal.price) for deal in own)
            assert abs(Fraction(order.avg_fill_price or 0) - cost / Fraction(order.filled_qty)) < Fraction(1, 10**17)
    for trade in oms.storage.select(ExchangeTrade):
        own = [deal for deal in deals if deal.exchange_trade_id == trade.id]
        assert (sum(deal.qty for deal in own), sum(deal.fee or 0 for deal in own)) == (trade.amount, trade.fee)
    open_positions = oms.storage.select(Position, state="open")
    scopes = [(row.symbol, row.strategy_id if account_id == 3 else 0) for row in open_positions]
    assert account_id == 1 or len(scopes) == len(set(scopes))
    assert [deal.id for deal in deals] == list(range(1, len(deals) + 1))
    oms.storage.close()


async def test_netting_keeps_one_position_per_symbol(client: Client) -> None:
    """In netting mode all strategies act on one position; a reversal closes it and opens the next id."""
    await client.order("buy", "0.1", 2, strategy_id=1)
    await client.order("buy", "0.1", 2, strategy_id=2)
    assert await client.positions(2) == [(1, "buy", "0.2")]
    await client.order("sell", "0.05", 2, strategy_id=2)
    assert await client.positions(2) == [(1, "buy", "0.15")]
    await client.order("sell", "0.2", 2)
    assert await client.positions(2) == [(2, "sell", "0.05")]
    assert (await client.row("positions", 1))["state"] == "closed"


async def test_strategy_netting_keeps_one_position_per_strategy(client: Client) -> None:
    """In strategy_netting mode strategies do not touch each other's positions."""
    await client.order("buy", "0.1", 3, strategy_id=1)
    await client.order("sell", "0.1", 3, strategy_id=2)
    assert await client.positions(3) == [(1, "buy", "0.1"), (2, "sell", "0.1")]
    await client.order("sell", "0.1", 3, strategy_id=1)
    assert await client.positions(3) == [(2, "sell", "0.1")]


async def test_hedge_opens_a_position_per_order(client: Client) -> None:
    """In hedge mode an order without a position opens its own, and tells which; one with a position acts on that."""
    first = await client.order("buy", "0.1")
    await client.order("sell", "0.1")
    assert await client.positions() == [(1, "buy", "0.1"), (2, "sell", "0.1")]
    assert (await client.row("orders", first))["position_id"] == 1
    await client.order("buy", "0.2", position_id=1)
    await client.order("buy", "0.04", position_id=2)
    assert await client.positions() == [(1, "buy", "0.3"), (2, "sell", "0.06")]


async def test_a_reversal_is_two_deals_that_share_trade_and_fee(client: Client) -> None:
    """A fill that reverses a position closes one and opens the other; profit is realised on the first deal only."""
    await client.order("buy", "0.01", 2)
    await client.order("sell", "0.03", 2)
    deals = (await client.get("/oms/deals?order_ids=2"))["items"]
    assert [(deal["position_id"], short(deal["qty"])) for deal in deals] == [(1, "0.01"), (2, "0.02")]
    assert deals[0]["exchange_trade_id"] == deals[1]["exchange_trade_id"]
    assert Decimal(deals[0]["fee"]) * 2 == Decimal(deals[1]["fee"])
    assert Decimal(deals[0]["pnl"]) < 0 == Decimal(deals[1]["pnl"])


async def test_an_order_follows_its_fills(client: Client) -> None:
    """Status, filled quantity, average price and fee of an order come with its fills, and its end with closed_at."""
    resting = await client.row("orders", await client.order("buy", "0.1", price="50000"))
    assert (resting["status"], resting["filled_qty"], resting["closed_at"]) == ("SUBMITTED", "0E-18", None)
    filled = await client.row("orders", await client.order("buy", "0.01"))
    assert (filled["status"], filled["filled_qty"]) == ("FILLED", filled["qty"])
    assert Decimal(filled["fee"]) == Decimal(filled["avg_fill_price"]) * Decimal("0.01") * Decimal("0.001")
    assert filled["closed_at"] == filled["updated_at"]


async def test_a_resting_order_fills_when_the_market_comes(client: Client) -> None:
    """A limit order is filled by the market's move, at its price, and is then no longer open."""
    order_id = await client.order("buy", "0.01", price="59000")
    client.sandbox.move("BTC/USDT", 58000)
    row = await client.row("orders", order_id)
    assert (row["status"], short(row["avg_fill_price"])) == ("FILLED", "59000")
    assert (await client.get("/oms/orders/open?account_ids=1"))["items"] == []


async def test_events_of_a_fill_carry_the_rows_in_order(client: Client) -> None:
    """Submission, deal, position and order are told in this order, each with the row as it then was."""
    await client.order("buy", "0.01")
    events = client.events()
    assert [name for name, _ in events] == ["order_submitted", "deal_created", "position_updated", "order_updated"]
    submitted, deal, position, order = [payload for _, payload in events]
    assert submitted["order"]["status"] == "SUBMITTED"
    assert deal["deal"] == await client.row("deals", 1)
    assert position["position"] == await client.row("positions", 1)
    assert order["order"] == await client.row("orders", 1)
    assert all(payload["account_id"] == 1 for _, payload in events)


async def test_a_legacy_oms_leaves_orders_as_they_were(legacy: Client) -> None:
    """In a legacy OMS a filled order stays SUBMITTED and open, without deals until it reconciles (fact 19)."""
    await legacy.order("buy", "0.01")
    rows = (await legacy.get("/oms/orders/open?account_ids=1&cache=false"))["items"]
    assert [(row["status"], row["filled_qty"]) for row in rows] == [("SUBMITTED", "0E-18")]
    assert [name for name, _ in legacy.events()] == ["order_submitted"]
    assert await legacy.positions() == []


def strip(payload: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key not in ("order", "deal", "position")}


async def test_events_have_the_recorded_keys(client: Client, legacy: Client) -> None:
    """What a full OMS adds to an event is the row, nothing else."""
    for each in (client, legacy):
        await each.order("buy", "0.01", price="50000")
    assert [strip(payload) for _, payload in client.events()] == [payload for _, payload in legacy.events()]
    assert client.events()[0][1].keys() - {"order"} == {"command_id", "order_id", "exchange_order_id", "account_id"}


def test_inverse_deals_are_settled_in_the_base_currency(oms: OMS) -> None:
    """Fee and profit of a deal of an inverse swap are in BTC, and together they are what the account has gained."""
    symbol = "BTC/USD:BTC"
    send(oms, "buy", "600", 2, symbol=symbol)
    oms.exchange.move(symbol, Decimal(80_000))
    send(oms, "sell", "600", 2, symbol=symbol)
    deals = oms.storage.select(Deal)
    assert {deal.fee_currency for deal in deals} == {"BTC"}
    gained = sum((deal.pnl - (deal.fee or 0) for deal in deals), Decimal(0))
    assert Decimal("0.24") < gained < Decimal("0.25")
    assert abs(oms.exchange.state(2).balances["BTC"].free - 10 - gained) < Decimal("1e-12")
    bought = oms.storage.select(Order)[0]
    paid = sum((deal.qty * 100 / deal.price for deal in deals if deal.order_id == bought.id), Decimal(0))
    assert bought.avg_fill_price is not None
    assert abs(bought.avg_fill_price - 60_000 / paid) < Decimal("1e-7")


LEVERED = "BTC/USDT:USDT"


async def test_a_liquidation_closes_what_makes_up_the_net_position(client: Client, clock: Clock) -> None:
    """In hedge mode the exchange's net position of two and a half is taken out of two longs, the oldest first; the
    short, and the rest of the second long, which hold each other up, stay. The deals say why, and share the fee."""
    await client.send("POST", "/ccxt/1/set_leverage", {"args": [20, LEVERED]})
    await client.send("POST", "/ccxt/1/set_margin_mode", {"args": ["isolated", LEVERED]})
    await client.order("buy", "2", symbol=LEVERED)
    await client.order("buy", "1", symbol=LEVERED)
    await client.order("sell", "0.5", symbol=LEVERED)
    resting = await client.order("buy", "1", symbol=LEVERED, price="30000")
    client.sandbox.move(LEVERED, 50_000)
    assert await client.positions() == [(2, "buy", "0.5"), (3, "sell", "0.5")]
    assert (await client.row("orders", resting))["status"] == "CANCELED"
    deals = client.sandbox.oms.storage.select(Deal, reason="liquidation")
    assert [(deal.position_id, deal.side, deal.qty, deal.order_id) for deal in deals] == [
        (1, "sell", 2, None),
        (2, "sell", Decimal("0.5"), None),
    ]
    (liquidation,) = (await client.send("POST", "/ccxt/1/fetch_my_liquidations", {"args": [LEVERED]}))[1]["result"]
    assert (liquidation["contracts"], liquidation["side"]) == (2.5, "sell")
    (trade,) = client.sandbox.oms.storage.select(ExchangeTrade, id=deals[0].exchange_trade_id)
    assert sum(deal.fee or 0 for deal in deals) == trade.fee
    events = [payload for name, payload in client.events() if name == "deal_created"]
    assert [event["deal_id"] for event in events[-2:]] == [deal.id for deal in deals]


@pytest.mark.parametrize("account_id", [2, 3])
async def test_a_liquidation_closes_the_positions_of_all_strategies(client: Client, account_id: int) -> None:
    """What several strategies hold on the side that is liquidated is closed, and the exchange holds nothing more."""
    await client.send("POST", f"/ccxt/{account_id}/set_leverage", {"args": [20, LEVERED]})
    await client.send("POST", f"/ccxt/{account_id}/set_margin_mode", {"args": ["isolated", LEVERED]})
    for strategy_id in (1, 2):
        await client.order("sell", "1", account_id, symbol=LEVERED, strategy_id=strategy_id)
    client.sandbox.move(LEVERED, 70_000)
    assert await client.positions(account_id) == []
    assert client.sandbox.oms.exchange.state(account_id).positions == {}
    deals = client.sandbox.oms.storage.select(Deal, account_id=account_id)
    assert sum(deal.qty if deal.side == "buy" else -deal.qty for deal in deals) == 0


async def test_a_legacy_oms_learns_of_a_liquidation_as_of_any_fill(legacy: Client) -> None:
    """It finds the exchange's trade when it reconciles, and puts it on a new order for the reason `external`."""
    await legacy.send("POST", "/ccxt/2/set_leverage", {"args": [20, LEVERED]})
    await legacy.send("POST", "/ccxt/2/set_margin_mode", {"args": ["isolated", LEVERED]})
    await legacy.order("buy", "1", 2, symbol=LEVERED)
    legacy.sandbox.move(LEVERED, 50_000)
    await legacy.send("POST", "/oms/reconcile", {"account_id": 2, "scope": "short"})
    deals = legacy.sandbox.oms.storage.select(Deal, account_id=2)
    assert [(deal.side, short(str(deal.qty))) for deal in deals] == [("buy", "1"), ("sell", "1")]
    assert legacy.sandbox.oms.storage.select(Order, account_id=2)[-1].reason == "external"
