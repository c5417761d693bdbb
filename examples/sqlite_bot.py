"""A bot whose own database is exactly in step with the OMS, wherever it is killed.

    python examples/sqlite_bot.py bot.sqlite3 --slices 5

It buys in slices, one after the other. What it means to do is written down before it is done, under the client order
id that the order will have; what was filled is written down together with the cursor up to which fills are known, in
one transaction. A bot that is started again first finds out what became of the slice that it had under way, and reads
the fills that it missed.

Run it with OMS_BASE_URL, OMS_API_KEY and OMS_ACCOUNT_ID set (`oms-ccxt sandbox` prints them).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sqlite3
from decimal import Decimal
from typing import Any

import ccxt

from oms_ccxt_pro import oms

SYMBOL = "BTC/USDT"
AMOUNT = "0.01"
OVERLAP = 60_000
"""Milliseconds that are read again at the start: an OMS may have learnt of a fill later than of a newer one."""


class Book:
    """The bot's state, in one file. Every method is one transaction: it has happened whole, or not at all."""

    def __init__(self, path: str) -> None:
        self.database = sqlite3.connect(path)
        self.database.executescript(
            """
            CREATE TABLE IF NOT EXISTS slices (client_order_id TEXT PRIMARY KEY, order_id TEXT);
            CREATE TABLE IF NOT EXISTS fills (id TEXT PRIMARY KEY, order_id TEXT, side TEXT, amount TEXT, price TEXT);
            CREATE TABLE IF NOT EXISTS state (position TEXT, cursor INTEGER);
            INSERT INTO state SELECT '0', 0 WHERE NOT EXISTS (SELECT * FROM state);
            """
        )

    def close(self) -> None:
        """Close the file; the next `Book` of it goes on."""
        self.database.close()

    def slices(self) -> list[tuple[str, str | None]]:
        """Every slice so far: its client order id, and the OMS's id once that is known."""
        return self.database.execute("SELECT client_order_id, order_id FROM slices ORDER BY rowid").fetchall()

    def state(self) -> tuple[Decimal, int]:
        """What the fills add up to, and the time up to which they are known."""
        position, cursor = self.database.execute("SELECT position, cursor FROM state").fetchone()
        return Decimal(position), cursor

    def note(self, client_order_id: str) -> None:
        """Note a slice before it is sent."""
        with self.database:
            self.database.execute("INSERT INTO slices VALUES (?, NULL)", (client_order_id,))

    def placed(self, client_order_id: str, order_id: str) -> None:
        """Note which order a slice became."""
        with self.database:
            self.database.execute(
                "UPDATE slices SET order_id = ? WHERE client_order_id = ?", (order_id, client_order_id)
            )

    def take(self, fills: list[dict[str, Any]]) -> None:
        """Note fills, what they add up to, and how far they reach; one that is known already changes nothing."""
        with self.database:
            position, cursor = self.state()
            for fill in fills:
                amount = Decimal(str(fill["amount"]))
                row = (fill["id"], fill["order"], fill["side"], str(amount), str(fill["price"]))
                if self.database.execute("INSERT OR IGNORE INTO fills VALUES (?, ?, ?, ?, ?)", row).rowcount:
                    position += amount if fill["side"] == "buy" else -amount
                cursor = max(cursor, fill["timestamp"])
            self.database.execute("UPDATE state SET position = ?, cursor = ?", (str(position), cursor))

    def filled(self, order_id: str | None) -> Decimal:
        """How much of an order is filled."""
        rows = self.database.execute("SELECT amount FROM fills WHERE order_id = ?", (order_id,)).fetchall()
        return sum((Decimal(amount) for (amount,) in rows), Decimal(0))


async def placed(exchange: Any, client_order_id: str) -> dict[str, Any]:
    """The order of this client order id: the one that is there, or else a new one.

    Whoever was killed between noting and hearing the answer does not know which. If the first one should arrive after
    the look, a full OMS refuses the second, as it has the same client order id.
    """
    order: dict[str, Any]
    try:
        order = await exchange.fetch_order(client_order_id, SYMBOL, {"clientOrderId": client_order_id})
    except ccxt.OrderNotFound:
        order = await exchange.create_order(SYMBOL, "market", "buy", AMOUNT, None, {"clientOrderId": client_order_id})
    return order


async def run(book: Book, name: str, slices: int) -> None:
    """Buy until there are so many slices, all of them filled and noted."""
    async with oms() as exchange:
        watching = asyncio.create_task(exchange.watch_my_trades(SYMBOL))  # from here on no fill is missed
        book.take(await exchange.fetch_my_trades(SYMBOL, max(book.state()[1] - OVERLAP, 0)))
        while True:
            for client_order_id, order_id in book.slices():
                if order_id is None:
                    order = await placed(exchange, client_order_id)
                    order_id = order["id"]
                    book.placed(client_order_id, order_id)
                while book.filled(order_id) < Decimal(AMOUNT):
                    fills = await watching
                    watching = asyncio.create_task(exchange.watch_my_trades(SYMBOL))
                    book.take(fills)
            if len(book.slices()) >= slices:
                break
            book.note(f"{name}-{len(book.slices())}")
        watching.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database")
    parser.add_argument("--slices", type=int, default=5)
    parser.add_argument("--name", default="slice", help="what the client order ids begin with; one for each bot")
    arguments = parser.parse_args()
    with contextlib.closing(Book(arguments.database)) as book:
        asyncio.run(run(book, arguments.name, arguments.slices))
        position, _ = book.state()
        print(f"{len(book.slices())} slices, position {position}")


if __name__ == "__main__":
    main()
