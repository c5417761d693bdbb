"""What holds of a legacy OMS whatever it is asked for and wherever it breaks down."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from decimal import Decimal
from random import Random

import pytest

from oms_ccxt_async.sandbox.exchange import ExchangeOrder, ExchangeTrade
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.reconcile import reconcile
from oms_ccxt_async.sandbox.rows import HELD, Command, Deal, Event, Order, Position
from oms_ccxt_async.sandbox.tick import tick
from tests.sandbox.conftest import Clock, at_once, carry_out, open_oms, send

ACCOUNTS = (1, 2)
TEXTS = ("list index out of range", "", "'>=' not supported between instances of 'str' and 'int'")


def act(oms: OMS, clock: Clock, chance: Random) -> None:
    """Something that a client, the market or fate does."""
    account_id = chance.choice(ACCOUNTS)
    clock.now += chance.randrange(3000)
    orders = [order.id for order in oms.storage.select(Order, account_id=account_id)]
    positions = [position.id for position in oms.storage.select(Position, account_id=account_id, state=HELD)]
    match chance.randrange(12):
        case 0 | 1 | 2:
            name = chance.choice([None, "same", f"own-{len(orders)}"])
            position_id = chance.choice([0, *positions[-2:]])
            price = {} if chance.random() < 0.6 else {"price": chance.choice(["59000", "60500", "62000"])}
            side = chance.choice(["buy", "sell"])
            send(oms, side, "0.01", account_id, client_order_id=name, position_id=position_id, **price)
        case 3 if orders:
            carry_out(oms, "cancel_order", account_id, order_ids=chance.choices(orders, k=2))
        case 4:
            carry_out(oms, "cancel_all_orders", account_id)
        case 5 if orders:
            new = {"new_qty": "0.02", "new_price": chance.choice(["58000", "60800"])}
            carry_out(oms, "change_order", account_id, order_id=chance.choice(orders), **new)
        case 6:
            chance.choice([oms.break_down_before_exchange, oms.break_down_after_exchange])(chance.choice(TEXTS))
        case 7:
            at_once(reconcile(oms, account_id, "short"))
        case 8 if len(positions) > 1:
            source, target = chance.sample(positions, 2)
            carry_out(oms, "merge_positions", account_id, source_position_id=source, target_position_id=target)
        case 9 if len(positions) > 1:
            a, b = chance.sample(positions, 2)
            carry_out(oms, "close_by", account_id, position_id_a=a, position_id_b=b)
        case 10:
            oms.trades_carry_client_order_id = chance.random() < 0.5
        case _:
            oms.exchange.move("BTC/USDT", Decimal(chance.choice([58_500, 60_000, 61_500])))
            tick(oms)


def check(oms: OMS) -> None:
    """Nothing that the exchange did is missing, told twice, or told of the wrong order."""
    assert [oms.exchange.state(number) for number in oms.accounts] == [
        oms.storage.account_state(number) for number in oms.accounts
    ]
    orders = {order.id: order for order in oms.storage.select(Order)}
    at_exchange = {order.id: order for order in oms.storage.select(ExchangeOrder)}
    known = Counter(order.exchange_order_id for order in orders.values() if order.exchange_order_id is not None)
    assert set(known) <= set(at_exchange)
    assert set(known.values()) <= {1}
    booked: defaultdict[int, Decimal] = defaultdict(Decimal)
    trades = {trade.id: trade for trade in oms.storage.select(ExchangeTrade)}
    for deal in oms.storage.select(Deal):
        if deal.exchange_trade_id is None:
            continue
        booked[deal.exchange_trade_id] += deal.qty
        assert deal.order_id is not None
        order, made = orders[deal.order_id], at_exchange[trades[deal.exchange_trade_id].order_id]
        if order.exchange_order_id is None:
            assert order.status == "PENDING_SUBMIT"
            assert order.client_order_id == made.ticket.client_order_id is not None
        else:
            assert order.exchange_order_id == made.id
        assert (order.account_id, order.symbol, order.side) == (made.ticket.account_id, made.ticket.symbol, deal.side)
    assert booked == {trade.id: trade.amount for trade in trades.values()}
    events = oms.storage.select(Event, name="order_submitted")
    submitted = [json.loads(event.payload)["order_id"] for event in events]
    acknowledged = [order.id for order in orders.values() if order.exchange_order_id and order.reason != "external"]
    assert sorted(submitted) == acknowledged
    assert all(order.filled_qty == 0 for order in orders.values())
    ids = [command.command_id for command in oms.storage.select(Command)]
    assert len(set(ids)) == len(ids)
    assert all(position.qty > 0 for position in oms.storage.select(Position, state=HELD))


@pytest.mark.parametrize("seed", range(40))
def test_every_fill_is_booked_once_on_its_order(seed: int, clock: Clock) -> None:
    """After any commands, breakdowns and reconciles each trade is in deals once, of the order that it belongs to."""
    oms = open_oms(":memory:", clock, profile="legacy")
    chance = Random(seed)
    for _ in range(80):
        act(oms, clock, chance)
    for account_id in ACCOUNTS:
        at_once(reconcile(oms, account_id, "long"))
    check(oms)
    oms.storage.close()
