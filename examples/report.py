"""What an account has traded, as pandas tables: by symbol, by strategy, and the equity of the fills over time.

    python examples/report.py --since 2026-11-01

Run it with OMS_BASE_URL, OMS_API_KEY and OMS_ACCOUNT_ID set (`oms-ccxt sandbox` prints them). It reads, and changes
nothing.
"""

from __future__ import annotations

import argparse
from typing import Any

import pandas as pd

from oms_ccxt_async.sync import oms


def fills_of(exchange: Any, since: str | None = None) -> pd.DataFrame:
    """The fills, one row each: `bought` is positive for a buy, `paid` what it cost in the quote currency, fee included
    where it was taken in that currency."""
    start = None if since is None else exchange.parse8601(f"{since}T00:00:00Z")
    rows = []
    while True:  # a page at a time, the next one after the last fill
        page = exchange.fetch_my_trades(None, start or 0, 500)
        rows += page
        if not page:
            break
        start = page[-1]["timestamp"] + 1
    table = pd.DataFrame(
        {
            "time": pd.to_datetime([row["timestamp"] for row in rows], unit="ms", utc=True),
            "symbol": [row["symbol"] for row in rows],
            "strategy": [row["info"]["strategy_id"] for row in rows],
            "sign": [1 if row["side"] == "buy" else -1 for row in rows],
            "amount": [row["amount"] for row in rows],
            "price": [row["price"] for row in rows],
            "cost": [row["cost"] for row in rows],
            "fee": [(row["fee"] or {}).get("cost") or 0.0 for row in rows],
        }
    )
    table["bought"] = table["sign"] * table["amount"]
    table["paid"] = table["sign"] * table["cost"] + table["fee"]
    return table


def summary(fills: pd.DataFrame, by: str, prices: dict[str, float]) -> pd.DataFrame:
    """By symbol or strategy: how often and how much was traded, the fees, and the profit at these prices."""
    fills = fills.assign(worth=fills["bought"] * fills["symbol"].map(prices))
    table = fills.groupby(by).agg(
        fills=("amount", "size"),
        turnover=("cost", "sum"),
        fees=("fee", "sum"),
        paid=("paid", "sum"),
        worth=("worth", "sum"),
    )
    table["profit"] = table["worth"] - table["paid"]
    return table.drop(columns=["paid", "worth"]).round(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--since", metavar="DAY", help="such as 2026-11-26 (UTC); without it, all of time")
    arguments = parser.parse_args()
    with oms() as exchange:
        fills = fills_of(exchange, arguments.since)
        if fills.empty:
            print("nothing was traded")
            return
        prices = {symbol: exchange.fetch_ticker(symbol)["last"] for symbol in fills["symbol"].unique()}
    print(summary(fills, "symbol", prices), summary(fills, "strategy", prices), sep="\n\n")
    print()
    print(fills.set_index("time").groupby("symbol")["bought"].sum().rename("held").to_string())


if __name__ == "__main__":
    main()
