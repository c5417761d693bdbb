"""What an account has, and its orders: `oms-ccxt orders`, `trades`, `positions`, `balance`, `ticker`, `order ...`."""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import typer

from oms_ccxt_async.cli.account import Desk, Where, fail, on_account, opened, redacted

__all__ = ["YesOption", "add_to", "print_document", "print_rows"]

ORDER = ("id", "datetime", "symbol", "side", "type", "amount", "price", "filled", "average", "status", "clientOrderId")
TRADE = ("id", "datetime", "symbol", "side", "amount", "price", "cost", "fee", "order")
POSITION = ("id", "datetime", "symbol", "side", "contracts", "entryPrice", "markPrice", "unrealizedPnl")
BALANCE = ("currency", "free", "used", "total")
TICKER = ("symbol", "datetime", "bid", "ask", "last", "percentage", "baseVolume", "quoteVolume")


class State(StrEnum):
    """Which orders are meant."""

    open = "open"
    closed = "closed"
    canceled = "canceled"
    all = "all"


class Side(StrEnum):
    """On which side of the market an order stands."""

    buy = "buy"
    sell = "sell"


METHODS = {
    State.open: "fetch_open_orders",
    State.closed: "fetch_closed_orders",
    State.canceled: "fetch_canceled_orders",
    State.all: "fetch_orders",
}


def moment(text: str) -> str:
    """A time such as 2026-11-26, 2026-11-26T09:30:00Z or milliseconds since 1970, which is UTC.

    Raises:
        typer.BadParameter: it is none.
    """
    if not re.fullmatch(r"[0-9]{9,}|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:]{8}(\.[0-9]+)?Z?)?", text):
        raise typer.BadParameter(f"{text!r} is no time such as 2026-11-26T09:30:00Z")
    return text


def params_of(text: str) -> dict[str, Any]:
    """The JSON object of `--params`.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        value = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise typer.BadParameter(f"{text!r} is no JSON object")
    return value


SymbolArgument = Annotated[str | None, typer.Argument(help="Such as BTC/USDT; without it, all.")]
SinceOption = Annotated[
    str | None, typer.Option(parser=moment, metavar="TIME", help="Not older than this, such as 2026-11-26 (UTC).")
]
LimitOption = Annotated[int | None, typer.Option(min=1, help="At most so many.")]
ParamsOption = Annotated[
    Any, typer.Option("--params", parser=params_of, metavar="JSON", help='More, such as {"postOnly": true}.')
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, also on a live account.")]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The OMS's order id.")]
ClientOption = Annotated[bool, typer.Option("--client-id", help="ID is a client order id.")]


def print_document(desk: Desk, value: Any, *, lines: bool = False) -> None:
    """Print one JSON document; in one line, if `lines`."""
    from oms_ccxt_async.cli.output import encoded

    typer.echo(encoded(redacted(value, desk.exchange.apiKey), None if lines else "  "))


def print_rows(desk: Desk, rows: Sequence[Mapping[str, Any]], names: Sequence[str], empty: str, whole: Any) -> None:
    """Print what was found: `whole` as JSON if that is asked for, otherwise these columns of the rows."""
    if desk.where.as_json:
        print_document(desk, whole)
        return
    from oms_ccxt_async.cli.output import show_table

    told = redacted([[row.get(name) for name in names] for row in rows], desk.exchange.apiKey)
    show_table(names, told, empty)


def _ms(desk: Desk, since: str | None) -> int | None:
    if since is None:
        return None
    if since.isdigit():
        return int(since)
    at = desk.exchange.parse8601(since if len(since) > 10 else f"{since}T00:00:00Z")
    if at is None:
        fail(desk.command, f"{since} is no time")
    return int(at)


@on_account
def orders(
    where: Where,
    symbol: SymbolArgument = None,
    state: Annotated[State, typer.Option(help="Which ones.")] = State.open,
    since: SinceOption = None,
    limit: LimitOption = None,
) -> None:
    """The account's orders."""
    with opened(where, "orders") as desk:
        found = getattr(desk.exchange, METHODS[state])(symbol, _ms(desk, since), limit)
        print_rows(desk, found, ORDER, "No such orders.", found)


@on_account
def trades(where: Where, symbol: SymbolArgument = None, since: SinceOption = None, limit: LimitOption = None) -> None:
    """The account's fills."""
    with opened(where, "trades") as desk:
        found = desk.exchange.fetch_my_trades(symbol, _ms(desk, since), limit)
        rows = [{**each, "fee": _fee(each.get("fee"))} for each in found]
        print_rows(desk, rows, TRADE, "No such trades.", found)


def _fee(fee: Any) -> str | None:
    from oms_ccxt_async.cli.output import word

    if not isinstance(fee, Mapping) or fee.get("cost") is None:
        return None
    return f"{word(fee['cost'])} {fee.get('currency') or ''}".strip()


@on_account
def positions(
    where: Where, symbols: Annotated[list[str] | None, typer.Argument(help="Such as BTC/USDT:USDT.")] = None
) -> None:
    """The account's open positions."""
    with opened(where, "positions") as desk:
        found = desk.exchange.fetch_positions(symbols or None)
        print_rows(desk, found, POSITION, "No open positions.", found)


@on_account
def balance(
    where: Where, empty: Annotated[bool, typer.Option("--all", help="Also currencies of which there is none.")] = False
) -> None:
    """What the account has at the exchange."""
    with opened(where, "balance") as desk:
        found = desk.exchange.fetch_balance()
        told: Mapping[str, Any] = found.get("total") or {}
        rows = [{"currency": currency, **(found.get(currency) or {})} for currency in told]
        rows = [row for row in rows if empty or any(row.get(name) for name in ("free", "used", "total"))]
        print_rows(desk, rows, BALANCE, "Nothing.", found)


@on_account
def ticker(where: Where, symbols: Annotated[list[str], typer.Argument(help="Such as BTC/USDT.")]) -> None:
    """The price of one market, or of several."""
    with opened(where, "ticker") as desk:
        found = [desk.exchange.fetch_ticker(symbol) for symbol in symbols]
        print_rows(desk, found, TICKER, "", found if len(found) > 1 else found[0])


# Orders

order = typer.Typer(no_args_is_help=True, help="Create, edit, cancel or show orders.", pretty_exceptions_enable=False)


@order.command("create", context_settings={"ignore_unknown_options": True})
@on_account
def create(
    where: Where,
    symbol: Annotated[str, typer.Argument(help="Such as BTC/USDT.")],
    type: Annotated[str, typer.Argument(help="limit, market, ...")],
    side: Annotated[Side, typer.Argument()],
    amount: Annotated[str, typer.Argument(help="In the base currency, or in contracts.")],
    price: Annotated[str | None, typer.Argument(help="Of an order with a limit.")] = None,
    client_id: Annotated[str | None, typer.Option("--client-id", help="Its client order id.")] = None,
    params: ParamsOption = None,
    yes: YesOption = False,
) -> None:
    """Create an order, as ccxt's create_order."""
    given = dict(params or {})
    known = next((given[name] for name in ("clientOrderId", "client_order_id") if name in given), None)
    if known is None:  # so that it can be told, if nobody waits for the answer
        known = given["clientOrderId"] = client_id or f"cli-{uuid.uuid4().hex}"
    with opened(where, "order create") as desk:
        at = "" if price is None else f" at {price}"
        desk.confirm(f"{type} {side} {amount} {symbol}{at}", yes=yes)
        try:
            made = desk.exchange.create_order(symbol, type, side.value, amount, price, given)
        except KeyboardInterrupt:
            fail(desk.command, f"interrupted; see what became of it: oms-ccxt order show --client-id {known}", 130)
        print_rows(desk, [made], ORDER, "", made)


@order.command("edit")
@on_account
def edit(
    where: Where,
    id: IdArgument,
    amount: Annotated[str | None, typer.Option(help="The new amount.")] = None,
    price: Annotated[str | None, typer.Option(help="The new price.")] = None,
    client: ClientOption = False,
    yes: YesOption = False,
) -> None:
    """Change the amount or the price of an order."""
    if amount is None and price is None:
        raise typer.BadParameter("give --amount, --price or both")
    with opened(where, "order edit") as desk:
        was = _found(desk, id, client)
        new = " and ".join(f"{name} {value}" for name, value in (("amount", amount), ("price", price)) if value)
        desk.confirm(f"change {_named(was)} to {new}", yes=yes)
        made = desk.exchange.edit_order(was["id"], was["symbol"], was["type"], was["side"], amount, price)
        print_rows(desk, [made], ORDER, "", made)


@order.command("cancel")
@on_account
def cancel(
    where: Where,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="The OMS's order ids.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every open order, of --symbol if that is given.")] = False,
    symbol: Annotated[str | None, typer.Option(help="With --all, of which market.")] = None,
    client: Annotated[bool, typer.Option("--client-id", help="The IDs are client order ids.")] = False,
    yes: YesOption = False,
) -> None:
    """Cancel orders."""
    if every == bool(ids):
        raise typer.BadParameter("give the ids of orders, or --all")
    if symbol is not None and not every:
        raise typer.BadParameter("--symbol goes with --all")
    with opened(where, "order cancel") as desk:
        if every:
            desk.confirm(f"cancel every open order{f' in {symbol}' if symbol else ''}", yes=yes)
            made = desk.exchange.cancel_all_orders(symbol)
        else:
            desk.confirm(f"cancel {', '.join(ids or [])}", yes=yes)
            made = _canceled(desk, ids or [], client)
        print_rows(desk, made, ORDER, "No open orders.", made)


def _canceled(desk: Desk, ids: list[str], client: bool) -> list[dict[str, Any]]:
    """Cancel each, also those after one that cannot be; nothing is asked first, so that it gets through."""
    import ccxt

    made, failures = [], []
    for each in ids:
        try:
            made.append(desk.exchange.cancel_order(*_by(each, client)))
        except ccxt.BaseError as error:
            failures.append(error)
    for failure in failures[1:]:
        typer.echo(redacted(f"oms-ccxt {desk.command}: {failure}", desk.exchange.apiKey), err=True)
    if failures:
        if made:
            print_rows(desk, made, ORDER, "", made)
        raise failures[0]
    return made


@order.command("show")
@on_account
def show(where: Where, id: IdArgument, client: ClientOption = False) -> None:
    """An order as it stands, with its fills."""
    with opened(where, "order show") as desk:
        found = _found(desk, id, client)
        if desk.where.as_json or not sys.stdout.isatty():
            print_rows(desk, [found], ORDER, "", found)
            return
        from oms_ccxt_async.cli.output import show_table

        rows = [[name, found.get(name)] for name in (*ORDER, "remaining", "cost", "fee", "triggerPrice")]
        show_table(["", ""], redacted(rows, desk.exchange.apiKey))


def _found(desk: Desk, id: str, client: bool) -> dict[str, Any]:
    order: dict[str, Any] = desk.exchange.fetch_order(*_by(id, client))
    return order


def _by(id: str, client: bool) -> tuple[str | None, None, dict[str, str]]:
    return (None, None, {"clientOrderId": id}) if client else (id, None, {})


def _named(order: Mapping[str, Any]) -> str:
    from oms_ccxt_async.cli.output import word

    at = "" if order["price"] is None else f" at {word(order['price'])}"
    return f"order {order['id']} ({order['side']} {word(order['amount'])} {order['symbol']}{at})"


def add_to(app: typer.Typer) -> None:
    """Give the command line these commands."""
    for command in (orders, trades, positions, balance, ticker):
        app.command()(command)
    app.add_typer(order, name="order")
