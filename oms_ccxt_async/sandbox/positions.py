"""What a fill does to a position, what a merge makes of two, and when a stop is due. Pure arithmetic, no storage."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from oms_ccxt_async.sandbox.exchange import Contract, Side
from oms_ccxt_async.sandbox.rows import MONEY, exact

__all__ = ["ZERO", "Stake", "Step", "due_stop", "fill", "merge", "opposite", "realised"]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Stake:
    """The part of a position that fills change: a side, a quantity (0 when closed) and the average price of entry."""

    side: Side
    qty: Decimal
    avg_price: Decimal


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a fill, or a part of it, does.

    `opens` says that `stake` is a new position and not a later state of the one that was there; `qty` is the part of
    the fill that went into this step, `pnl` what it realised.
    """

    stake: Stake
    qty: Decimal
    pnl: Decimal
    opens: bool


def opposite(side: Side) -> Side:
    """The other side."""
    return "sell" if side == "buy" else "buy"


def average(
    qty_a: Decimal, price_a: Decimal, qty_b: Decimal, price_b: Decimal, contract: Contract | None = None
) -> Decimal:
    """The price at which two quantities together cost what they cost, to 18 places."""
    qty = MONEY.add(qty_a, qty_b)
    if contract is not None and contract.inverse:
        return exact(MONEY.divide(qty, MONEY.add(MONEY.divide(qty_a, price_a), MONEY.divide(qty_b, price_b))))
    cost = MONEY.add(MONEY.multiply(qty_a, price_a), MONEY.multiply(qty_b, price_b))
    return exact(MONEY.divide(cost, qty))


def realised(side: Side, entry: Decimal, close: Decimal, qty: Decimal, contract: Contract | None = None) -> Decimal:
    """What closing `qty` of a position on `side` at `close` earns, to 18 places.

    Of an inverse swap it is earned in the base currency.

    Args:
        contract: what `qty` counts; None: the base currency.
    """
    if contract is None:
        move = MONEY.subtract(close, entry)
    elif contract.inverse:
        move = MONEY.multiply(contract.size, MONEY.subtract(MONEY.divide(1, entry), MONEY.divide(1, close)))
    else:
        move = MONEY.multiply(contract.size, MONEY.subtract(close, entry))
    return exact(MONEY.multiply(move if side == "buy" else -move, qty))


def fill(
    stake: Stake | None, side: Side, qty: Decimal, price: Decimal, contract: Contract | None = None
) -> tuple[Step, ...]:
    """What a fill of `qty` at `price` does to an open position, or to none; `contract` as in `realised`.

    On the same side it increases the position at the weighted average price; on the other side it reduces it and
    realises profit or loss. What is left after the position is at zero opens a new one: the quantities of the steps
    always add up to `qty`.
    """
    if stake is None:
        return (Step(Stake(side, qty, price), qty, ZERO, opens=True),)
    if side == stake.side:
        grown = Stake(side, MONEY.add(stake.qty, qty), average(stake.qty, stake.avg_price, qty, price, contract))
        return (Step(grown, qty, ZERO, opens=False),)
    closing = min(qty, stake.qty)
    reduced = Stake(stake.side, MONEY.subtract(stake.qty, closing), stake.avg_price)
    step = Step(reduced, closing, realised(stake.side, stake.avg_price, price, closing, contract), opens=False)
    if closing == qty:
        return (step,)
    rest = MONEY.subtract(qty, closing)
    return (step, Step(Stake(side, rest, price), rest, ZERO, opens=True))


def merge(source: Stake, target: Stake, contract: Contract | None = None) -> Stake:
    """Both positions as one, at their average price; they are on the same side; `contract` as in `realised`."""
    return Stake(
        target.side,
        MONEY.add(source.qty, target.qty),
        average(source.qty, source.avg_price, target.qty, target.avg_price, contract),
    )


def due_stop(
    side: Side, last: Decimal, stop_loss: Decimal | None, stop_gain: Decimal | None
) -> Literal["stop_loss", "stop_gain"] | None:
    """Which stop of a position on `side` the market's last price has reached, if one; the loss comes first."""
    if side == "buy":
        lost, gained = stop_loss is not None and last <= stop_loss, stop_gain is not None and last >= stop_gain
    else:
        lost, gained = stop_loss is not None and last >= stop_loss, stop_gain is not None and last <= stop_gain
    return "stop_loss" if lost else "stop_gain" if gained else None
