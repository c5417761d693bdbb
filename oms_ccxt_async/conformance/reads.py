"""Rules of what is read over REST: errors, accounts, lists, the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from oms_ccxt_async.conformance.desk import PAGE, Desk
from oms_ccxt_async.conformance.rule import (
    KEPT_FROM_KEYS,
    Answer,
    Broken,
    Collected,
    Skipped,
    at,
    decimal,
    hold,
    ids_of,
    refusal,
    rows_of,
)

__all__ = ["MODES", "NO_KEY", "READS"]

READS = Collected()
rule = READS.rule

NO_KEY = "conformance-no-such-key"
MODES = ("hedge", "netting", "strategy_netting")
STATUSES = ("PENDING_SUBMIT", "SUBMITTED", "PARTIALLY_FILLED", "FILLED", "CANCELED", "REJECTED")
NEEDED: dict[str, dict[str, tuple[type, ...]]] = {
    "orders": {
        **dict.fromkeys(("account_id", "strategy_id"), (int,)),
        **dict.fromkeys(("symbol", "side", "order_type", "status"), (str,)),
        **dict.fromkeys(("client_order_id", "exchange_order_id"), (str, type(None))),
    },
    "deals": {
        **dict.fromkeys(("account_id", "strategy_id"), (int,)),
        **dict.fromkeys(("order_id", "position_id"), (int, type(None))),
        **dict.fromkeys(("symbol", "side"), (str,)),
        "exchange_trade_id": (str, type(None)),
    },
    "positions": {
        **dict.fromkeys(("account_id", "strategy_id"), (int,)),
        **dict.fromkeys(("symbol", "side", "state"), (str,)),
    },
}
"""What of a row the driver cannot do without."""
NUMBERS = {"orders": ("qty", "filled_qty"), "deals": ("qty", "price"), "positions": ("qty", "avg_price")}
OPTIONAL = {"orders": ("price", "avg_fill_price"), "deals": ("fee", "pnl"), "positions": ("stop_loss", "stop_gain")}
PAST = datetime(2001, 1, 1, tzinfo=UTC)
TIMES = {"orders": "updated_at", "deals": "executed_at", "positions": "updated_at"}


def _kind(name: str) -> str:
    return name.rpartition(" ")[2]


def _needs_rows(rows: Any, what: str, least: int = 1) -> None:
    if len(rows) < least:
        raise Skipped(f"the account has {len(rows) or 'no'} {what} of the last days")


async def _every_row(desk: Desk) -> list[tuple[str, dict[str, Any]]]:
    """The rows of every list, each with its list's name."""
    rows = [(name, row) for name, rows in (await desk.every_list()).items() for row in rows]
    _needs_rows(rows, "rows in any list")
    return rows


@rule("health.told", "extensions", "the driver does not learn which extensions it may rely on")
async def _health(desk: Desk) -> str:
    answer = await desk.client.get("/healthz")
    if answer.status == 404:
        return "there is no /healthz: a legacy OMS"
    hold(answer.status == 200 and isinstance(answer.body, dict), answer)
    hold(isinstance(answer.body.get("status"), str), f"{answer}, without a status")
    features = answer.body.get("features", [])
    hold(isinstance(features, list) and all(isinstance(each, str) for each in features), f"features: {features!r}")
    return f"features: {', '.join(features) or 'none'}"


@rule("errors.unknown-path", "fact 1", "an endpoint that lacks is not told from an outage, and no other way is taken")
async def _unknown_path(desk: Desk) -> str:
    answer = await desk.client.get("/oms/conformance-no-such-path/at/all")
    found = isinstance(answer.body, dict) and answer.body.get("detail") == "Not Found"
    hold(answer.status == 404 and found, f'{answer}, and not 404 {{"detail": "Not Found"}}')
    return "404 Not Found"


@rule("errors.unknown-key", "facts 2 and 3", "a wrong key is taken for an outage, and asked with again and again")
async def _unknown_key(desk: Desk) -> str:
    for answer in (
        await desk.client.get("/oms/accounts", key=NO_KEY),
        await desk.client.get(f"/oms/orders/open?{desk.query()}", key=NO_KEY),
        await desk.call("fetch_time", key=NO_KEY),
    ):
        hold("invalid_api_key" in refusal(answer), f"{answer}, and not invalid_api_key")
    return "invalid_api_key, on reads and at the gateway"


@rule("accounts.told", "fact 20", "the driver does not know the exchange behind the account, nor what it can do")
async def _accounts(desk: Desk) -> str:
    answer = await desk.client.get("/oms/accounts")
    hold(answer.status == 200 and isinstance(answer.body, dict), answer)
    rows = answer.body.get("items")
    hold(isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows), answer)
    mine = next((row for row in rows if row.get("account_id") == desk.account), None)
    hold(mine is not None, f"account {desk.account} is not among {[row.get('account_id') for row in rows]}")
    assert mine is not None
    exchange, mode = mine.get("exchange_id"), mine.get("position_mode")
    hold(isinstance(exchange, str) and "." in exchange, f"exchange_id is {exchange!r}, not like 'ccxt.binance'")
    hold(mode in MODES, f"position_mode is {mode!r}, none of {', '.join(MODES)}")
    return f"{exchange}, mode {mode}"


@rule("accounts.foreign", "fact 2", "a mistaken account is not noticed, and its lists look as if they were empty")
async def _foreign(desk: Desk) -> str:
    account = await desk.foreign_account()
    said = refusal(await desk.client.get(f"/oms/orders/open?account_ids={account}&strategy_id=0&cache=false"))
    known = ("account_not_found", "permission_denied")
    hold(any(word in said for word in known), f"account {account}: {said}, none of {', '.join(known)}")
    return said


@rule("lists.own", "fact 17", "orders of another account or strategy are shown, edited and canceled as this one's")
async def _own(desk: Desk) -> str:
    count = 0
    for name, rows in (await desk.every_list()).items():
        count += len(rows)
        foreign = {row.get("account_id") for row in rows} - {desk.account}
        hold(not foreign, f"{name} of account {desk.account} hold rows of {foreign}")
        others = {row.get("strategy_id") for row in rows} - {desk.strategy}
        hold(desk.strategy is None or not others, f"{name} of strategy {desk.strategy} hold rows of {others}")
    return f"{count} rows"


@rule("lists.ascending", "fact 16", "of a list that is cut the driver takes the oldest rows for the newest")
async def _ascending(desk: Desk) -> str:
    lists = await desk.every_list()
    for name, rows in lists.items():
        ids = ids_of(rows)
        hold(ids == sorted(set(ids)), f"{name} are not in ascending order of id: {ids[:6]}")
    _needs_rows(max(lists.values(), key=len), "rows in any list", 2)
    return "every list"


@rule("lists.limit", "fact 16", "an open list that is cut is taken for whole, and orders are missing")
async def _limit(desk: Desk) -> str:
    rows = await desk.listed("open orders", limit=5000)
    _needs_rows(rows, "open orders", 2)
    cut = await desk.listed("open orders", limit=len(rows) - 1)
    hold(len(cut) == len(rows) - 1, f"limit={len(rows) - 1} answers {len(cut)} of {len(rows)} rows")
    return f"{len(cut)} of {len(rows)}"


@rule("windows.days", "fact 16", "what happened on the first or last day of a window is missing from histories")
async def _windows(desk: Desk) -> str:
    looked = 0
    for name in ("orders", "deals", "positions"):
        if name == "positions" and not desk.features and (await desk.answer_of(name)).status == 500:
            continue  # fact 28
        rows = await desk.listed(name)
        for row in rows[:1] + rows[-1:]:
            day = at(row[TIMES[name]], f"{TIMES[name]} of a row").date()
            those, whole = await desk.history_of(row, name)
            found = not whole or row["id"] in ids_of(those)
            hold(found, f"{name} of {day} do not hold {row['id']}, which is of that day")
            days = {at(each[TIMES[name]], "a time").date() for each in those}
            hold(days <= {day}, f"{name} of {day} hold rows of {sorted(map(str, days - {day}))}")
            looked += 1
        old = await desk.listed(name, **desk.days(PAST, PAST))
        hold(old == [], f"{name} of {PAST.date()} hold {len(old)} rows")
        half = await desk.client.get(f"{'/oms/deals' if name == 'deals' else f'/oms/{name}/history'}?{desk.query()}")
        hold(half.status in (400, 422), f"{half}: a list without start_date and end_date is not refused")
    if not looked:
        raise Skipped("the account has no history of the last days")
    return f"{looked} rows found on their days"


@rule("pages.whole", "fact 16", "histories lose rows between pages, or have them twice")
async def _pages(desk: Desk) -> str:
    for _ in range(2):  # a row may come in between
        answer = await desk.answer_of("orders")
        first = rows_of(answer)
        _needs_rows(first, "orders", 3)
        total, size = answer.body.get("total"), max(2, len(first) // 5)
        pages = [await desk.answer_of("orders", page=page, page_size=size) for page in range(1, 7)]
        parts = [rows_of(page) for page in pages]
        totals = {page.body.get("total") for page in pages}
        ids, expected = ids_of(row for part in parts for row in part), ids_of(first)
        least = min(len(ids), len(expected))
        if ids[:least] == expected[:least] and totals == {total}:
            break
    else:
        raise Broken(f"pages of {size} hold {ids[:12]} (totals {totals}), the list {expected[:12]} ({total})")
    whole = type(total) is int and (total == len(first) if len(first) < PAGE else total >= PAGE)
    hold(whole, f"total is {total!r}, and there are {len(first)} rows")
    hold(max(map(len, parts)) <= size, f"a page of {size} has {max(map(len, parts))} rows")
    beyond = await desk.listed("orders", page=1_000_000)
    hold(beyond == [], f"the page behind the last one has {len(beyond)} rows")
    return f"{len(ids)} rows in pages of {size}"


@rule("history.open-included", "fact 16", "an order that is open is taken for one that does not exist")
async def _open_included(desk: Desk) -> str:
    rows = await desk.listed("open orders", limit=5000)
    _needs_rows(rows, "open orders")
    for row in {0: rows[0], -1: rows[-1]}.values():
        there, whole = await desk.history_of(row)
        found = not whole or row["id"] in ids_of(there)
        hold(found, f"open order {row['id']} is not in the history of its day")
    return "the oldest and the newest open order"


@rule("rows.fields", "fact 19", "an order, deal or position cannot be told, and is left out")
async def _fields(desk: Desk) -> str:
    rows = await _every_row(desk)
    for name, row in rows:
        for field, kinds in NEEDED[_kind(name)].items():
            found = row.get(field, ...)
            hold(type(found) in kinds, f"{name}: {field} of {row['id']} is {'missing' if found is ... else found!r}")
        hold(row["side"] in ("buy", "sell"), f"{name}: side of {row['id']} is {row['side']!r}")
        hold(row.get("status") in (None, *STATUSES), f"{name}: status of {row['id']} is {row.get('status')!r}")
    return f"{len(rows)} rows"


@rule("rows.numbers", "fact 14", "amounts and prices are not exact")
async def _numbers(desk: Desk) -> str:
    rows = await _every_row(desk)
    for name, row in rows:
        for field in (*NUMBERS[_kind(name)], *OPTIONAL[_kind(name)]):
            if row.get(field) is not None or field in NUMBERS[_kind(name)]:
                decimal(row.get(field), f"{name}: {field} of {row['id']}")
    return f"{len(rows)} rows"


@rule("rows.times", "fact 15", "orders and fills have no time, and `since` leaves them out")
async def _times(desk: Desk) -> str:
    rows = await _every_row(desk)
    for name, row in rows:
        for field in ("opened_at" if _kind(name) == "positions" else "created_at", TIMES[_kind(name)]):
            at(row.get(field), f"{name}: {field} of {row['id']}")
    return f"{len(rows)} rows"


@rule("reconcile.status", "fact 27", "the driver has the OMS look for fills too often, or never")
async def _reconcile_status(desk: Desk) -> str:
    answer = await desk.client.get(f"/oms/reconcile/{desk.account}/status")
    if answer.status == 404 and desk.features:
        raise Skipped("a full OMS may have none")
    rows = answer.body.get("items") if isinstance(answer.body, dict) else None
    hold(answer.status == 200 and isinstance(rows, list), answer)
    mine = next((row for row in rows or () if isinstance(row, dict) and row.get("account_id") == desk.account), {})
    hold("age_seconds" in mine, f"{answer}: no age_seconds of account {desk.account}")
    age = mine["age_seconds"]
    hold(age is None or (isinstance(age, int | float) and age >= 0), f"age_seconds is {age!r}")
    return "never so far" if age is None else f"{age} s ago"


def _result(answer: Answer) -> Any:
    if answer.status in (400, 403) and any(word in refusal(answer) for word in KEPT_FROM_KEYS):
        raise Skipped(f"not for this key: {answer}")
    hold(answer.status == 200 and isinstance(answer.body, dict) and "result" in answer.body, answer)
    return answer.body["result"]


@rule("gateway.result", "decision 3", "no market data, and no markets: nothing can be traded by its symbol")
async def _gateway(desk: Desk) -> str:
    markets = _result(await desk.call("load_markets"))
    hold(isinstance(markets, dict) and markets, f"load_markets: {str(markets)[:100]}")
    return f"{len(markets)} markets"


@rule("gateway.balance", "decision 3", "no balance")
async def _balance(desk: Desk) -> str:
    balance = _result(await desk.client.post(f"/ccxt/core/{desk.account}/fetch_balance", {"params": {}}))
    hold(isinstance(balance, dict) and isinstance(balance.get("total"), dict), f"fetch_balance: {str(balance)[:100]}")
    return f"{len(balance['total'])} currencies"


@rule("gateway.refuses", "fact 4", "what the exchange refuses is taken for data, or for an outage")
async def _gateway_refuses(desk: Desk) -> str:
    said = refusal(await desk.call("fetch_ticker", "CONFORMANCE/NONE"))
    hold(len(said.split()) > 1, f"a bad symbol is refused with {said!r}, without a text")
    return said[:80]
