"""What a fill does to a position, what a merge makes of two, and when a stop is due. Pure arithmetic, no storage."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from oms_ccxt_async.sandbox.exchange import Side
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


def average(qty_a: Decimal, price_a: Decimal, qty_b: Decimal, price_b: Decimal) -> Decimal:
    """The quantity-weighted mean of two prices, to 18 places."""
    cost = MONEY.add(MONEY.multiply(qty_a, price_a), MONEY.multiply(qty_b, price_b))
    return exact(MONEY.divide(cost, MONEY.add(qty_a, qty_b)))


def realised(side: Side, entry: Decimal, close: Decimal, qty: Decimal) -> Decimal:
    """What closing `qty` of a position on `side` at `close` earns, to 18 places."""
    move = MONEY.subtract(close, entry) if side == "buy" else MONEY.subtract(entry, close)
    return exact(MONEY.multiply(move, qty))


def fill(stake: Stake | None, side: Side, qty: Decimal, price: Decimal) -> tuple[Step, ...]:
    """What a fill of `qty` at `price` does to an open position, or to none.

    On the same side it increases the position at the weighted average price; on the other side it reduces it and
    realises profit or loss. What is left after the position is at zero opens a new one: the quantities of the steps
    always add up to `qty`.
    """
    if stake is None:
        return (Step(Stake(side, qty, price), qty, ZERO, opens=True),)
    if side == stake.side:
        grown = Stake(side, MONEY.add(stake.qty, qty), average(stake.qty, stake.avg_price, qty, price))
        return (Step(grown, qty, ZERO, opens=False),)
    closing = min(qty, stake.qty)
    reduced = Stake(stake.side, MONEY.subtract(stake.qty, closing), stake.avg_price)
    step = Step(reduced, closing, realised(stake.side, stake.avg_price, price, closing), opens=False)
    if closing == qty:
        return (step,)
    rest = MONEY.subtract(qty, closing)
    return (step, Step(Stake(side, rest, price), rest, ZERO, opens=True))


def merge(source: Stake, target: Stake) -> Stake:
    """Both positions as one, at their weighted average price; they are on the same side."""
    return Stake(
        target.side,
        MONEY.add(source.qty, target.qty),
        average(source.qty, source.avg_price, target.qty, target.avg_price),
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
