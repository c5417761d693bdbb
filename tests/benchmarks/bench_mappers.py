"""Time of one row -> unified structure, ours beside ccxt's safe_order, safe_trade and safe_position in the same run.

    .venv/bin/python tests/benchmarks/bench_mappers.py

`again` maps one row over and over, as the updates of one order do; `fresh` maps rows of which each has its own numbers
and times, so that nothing is found in a cache. ccxt gets the facts as strings, parsed and named, and only what
`safe_*` does is counted.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from ccxt import Exchange

from oms_ccxt_async.mappers.order import STATUSES, unified_order
from oms_ccxt_async.mappers.position import unified_position
from oms_ccxt_async.mappers.trade import unified_trade

Row = dict[str, Any]

ROWS = 2_000  # five decimals each: more than the cache holds
ROUNDS = 20


def clock(number: int) -> str:
    """The timestamp of a row."""
    return f"2026-11-22T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.{number % 1000:03}"


def order(number: int) -> Row:
    """An order that is partly filled."""
    return {
        "id": number,
        "account_id": 1,
        "symbol": "BTC/USDT",
        "side": "buy",
        "order_type": "limit",
        "status": "PARTIALLY_FILLED",
        "client_order_id": f"cid-{number}",
        "qty": f"{number}.500000000000000000",
        "price": f"6{number:05}.000000000000000000",
        "stop_loss": None,
        "stop_gain": None,
        "filled_qty": f"0.{number:06}000000000000",
        "avg_fill_price": f"5{number:05}.500000000000000000",
        "fee": f"1.{number:06}000000000000",
        "fee_currency": "USDT",
        "created_at": clock(number),
        "updated_at": clock(number + 1),
    }


def deal(number: int) -> Row:
    """A deal with a fee."""
    return {
        "id": number,
        "order_id": 7,
        "symbol": "BTC/USDT",
        "side": "buy",
        "qty": f"0.{number:06}000000000000",
        "price": f"6{number:05}.000000000000000000",
        "fee": f"1.{number:06}000000000000",
        "fee_currency": "USDT",
        "executed_at": clock(number),
    }


def position(number: int) -> Row:
    """An open position."""
    return {
        "id": number,
        "symbol": "BTC/USDT",
        "side": "buy",
        "state": "open",
        "qty": f"0.{number:06}000000000000",
        "avg_price": f"6{number:05}.000000000000000000",
        "stop_loss": None,
        "stop_gain": None,
        "opened_at": clock(number),
        "updated_at": clock(number + 1),
    }


def plain_order(row: Row) -> Row:
    """The floor: the order by hand, in floats, with nothing checked and nothing that might be missing."""
    created = datetime.fromisoformat(row["created_at"]).replace(tzinfo=UTC)
    amount, filled, average = float(row["qty"]), float(row["filled_qty"]), float(row["avg_fill_price"])
    fee = {"currency": row["fee_currency"], "cost": float(row["fee"])}
    return {
        "info": row,
        "id": str(row["id"]),
        "clientOrderId": row["client_order_id"],
        "timestamp": int(created.timestamp() * 1000),
        "datetime": row["created_at"] + "Z",
        "lastTradeTimestamp": None,
        "lastUpdateTimestamp": int(datetime.fromisoformat(row["updated_at"]).replace(tzinfo=UTC).timestamp() * 1000),
        "symbol": row["symbol"],
        "type": row["order_type"],
        "timeInForce": None,
        "postOnly": None,
        "reduceOnly": None,
        "side": row["side"],
        "price": float(row["price"]),
        "stopPrice": None,
        "triggerPrice": None,
        "stopLossPrice": None,
        "takeProfitPrice": None,
        "amount": amount,
        "cost": filled * average,
        "average": average,
        "filled": filled,
        "remaining": amount - filled,
        "status": STATUSES.get(row["status"]),
        "fee": fee,
        "fees": [fee],
        "trades": [],
    }


def microseconds(contenders: Sequence[tuple[Callable[[Row], Any], Sequence[Row]]]) -> list[float]:
    """The time of one call of each, in the best of some rounds in turn: the one that the machine disturbed least."""
    times: list[list[float]] = [[] for _ in contenders]
    for _ in range(ROUNDS):
        for (function, rows), results in zip(contenders, times, strict=True):
            start = time.perf_counter()
            for row in rows:
                function(row)
            results.append((time.perf_counter() - start) / len(rows) * 1e6)
    return [min(results) for results in times]


def main() -> None:
    """Print the table."""
    ccxt = Exchange()
    print(f"{'µs':10}{'again':>8}{'fresh':>8}{'safe_*':>8}{'again':>8}{'fresh':>8}")
    for name, make, ours, safe, derived in (
        ("order", order, unified_order, ccxt.safe_order, ("cost", "remaining", "fees", "trades")),
        ("trade", deal, unified_trade, ccxt.safe_trade, ("cost", "fees")),
        ("position", position, unified_position, ccxt.safe_position, ()),
    ):
        rows = [make(number) for number in range(1, ROWS)]
        raw = [{**ours(row, number=str), **dict.fromkeys(derived)} for row in rows]
        again, fresh, theirs = microseconds(
            [
                (ours, rows[:1] * ROWS),
                (ours, rows),
                (lambda row, safe=safe: safe(dict(row)), raw),  # type: ignore[misc]
            ]
        )
        print(f"{name:10}{again:8.1f}{fresh:8.1f}{theirs:8.1f}{theirs / again:7.1f}x{theirs / fresh:7.1f}x")
    (floor,) = microseconds([(plain_order, [order(number) for number in range(1, ROWS)])])
    print(f"by hand   {floor:8.1f}  an order in floats, with nothing checked")


if __name__ == "__main__":
    main()
