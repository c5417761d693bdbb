"""What a person may do: the question names it exactly, and what is done is what was asked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

import oms_ccxt_pro
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.view import actions
from oms_ccxt_async.view.rows import order_of, position_of
from tests.oms_ccxt_async.view.made import SWAP, order


async def test_everything_against_an_oms() -> None:
    """A ticket is sent, an order canceled, the rest canceled, a position closed: at the OMS, and nothing else."""
    async with Sandbox(volatility=0) as sandbox, oms_ccxt_pro.oms(sandbox.config(2, 1)) as exchange:
        await exchange.load_markets()
        amount, price = actions.ticket(exchange, SWAP, "limit", "0.0109999", "1,000.07")
        for _ in range(3):
            made = actions.create(exchange, SWAP, "limit", "buy", amount, price, "1")
            assert made.question == f"Send the order to buy 0.010 {SWAP} at 1000.1?" or "0.01" in made.question
            await made.run()
        found = [order_of(each) for each in await exchange.fetch_open_orders()]
        assert [(each.amount, each.price) for each in found] == [(Decimal(amount), Decimal(str(price)))] * 3
        await actions.cancel(exchange, found[0]).run()
        assert {each["id"] for each in await exchange.fetch_open_orders()} == {each.id for each in found[1:]}
        await actions.cancel_all(exchange, SWAP, 2, "1").run()
        assert await exchange.fetch_open_orders() == []
        await actions.create(exchange, SWAP, "market", "sell", "0.02", None, None).run()
        [position] = [position_of(each) for each in await exchange.fetch_positions()]
        action = actions.close(exchange, position)
        assert action.question == f"Close the short position of 0.02 {SWAP} at the market price?"
        await action.run()
        assert await exchange.fetch_positions() == []


@pytest.mark.parametrize(
    ("amount", "price", "why"),
    [
        *(("", "1", "amount"), ("-1", "1", "amount"), ("NaN", "1", "amount"), ("1", "", "price"), ("1", "0", "price")),
        *(("0,5", "1", "amount .*comma"), ("1", "60000,5", "price .*comma"), ("1,000", "1", "amount .*comma")),
        *(("1,00.5", "1", "amount .*comma"), ("1", ",000.5", "price .*comma")),
    ],
)
def test_a_ticket_that_makes_no_sense(amount: str, price: str, why: str) -> None:
    """What is missing, or no number above zero, is said by name before the exchange is asked."""
    nobody: Any = None
    with pytest.raises(ValueError, match=why):
        actions.ticket(nobody, SWAP, "limit", amount, price)


async def test_commas_that_can_only_separate_thousands() -> None:
    """What a view shows can be copied into a ticket: a comma there is none of decimals."""
    async with Sandbox(volatility=0) as sandbox, oms_ccxt_pro.oms(sandbox.config(2)) as exchange:
        await exchange.load_markets()
        assert actions.ticket(exchange, SWAP, "limit", "1,234.5", "1,234,567") == ("1234.5", "1234567")


async def test_an_amount_below_the_grid() -> None:
    """What ccxt says of an amount that the market does not have is told as it is."""
    async with Sandbox(volatility=0) as sandbox, oms_ccxt_pro.oms(sandbox.config(2)) as exchange:
        await exchange.load_markets()
        with pytest.raises(ValueError, match="must be greater than minimum amount precision"):
            actions.ticket(exchange, SWAP, "market", "0.00001", "")


def test_questions() -> None:
    """A question says how many, of what, and on which strategy."""
    nobody: Any = None
    assert actions.cancel(nobody, order("17")).question == f"Cancel order 17 (buy 0.5 {SWAP} at 60,000)?"
    assert actions.cancel_all(nobody, None, 1).question == "Cancel the open order?"
    assert actions.cancel_all(nobody, SWAP, 5, "2").question == f"Cancel all 5 open orders in {SWAP} of strategy 2?"
