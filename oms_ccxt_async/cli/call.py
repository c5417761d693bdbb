"""`oms-ccxt call METHOD ARGS`: any unified method, as ccxt's own command line has it."""

from __future__ import annotations

import difflib
import inspect
import json
import re
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

import typer

from oms_ccxt_async.cli.account import Desk, Where, on_account, opened, redacted
from oms_ccxt_async.cli.trading import YesOption, print_document

__all__ = ["add_to", "argument"]

READS = ("fetch_", "load_", "watch_", "un_watch_")
CALLING = ("fetch_paginated_call",)
"""They call a method whose name is an argument."""
ENDPOINTS = ("oms", "ccxt", "public", "private")
"""How the names of implicit endpoint methods begin, before the HTTP method."""
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z?")


def argument(text: str) -> Any:
    """An argument as a value: JSON where it is JSON, `None` and `undefined` as null, otherwise the text.

    A number with a point is a float where that has all its digits, otherwise a Decimal.
    """
    if text in ("None", "undefined"):
        return None
    try:
        return json.loads(text, parse_float=_number, parse_constant=_refused)
    except (ValueError, RecursionError):
        return text


def _number(text: str) -> float | Decimal:
    value = Decimal(text)
    near = float(text)
    return near if Decimal(repr(near)) == value else value


def _refused(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


@on_account
def call(
    where: Where,
    method: Annotated[str, typer.Argument(help="Such as fetch_order_book or fetchOrderBook.")],
    args: Annotated[
        list[str] | None,
        typer.Argument(help='As JSON (5, null, true, {"type": "swap"}), a time (2026-11-26T00:00:00Z), or a text.'),
    ] = None,
    poll: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="Call again and again, so long after each answer.")
    ] = None,
    table: Annotated[bool, typer.Option("--table", help="A table instead of JSON.")] = False,
    yes: YesOption = False,
) -> None:
    """Call a unified method: oms-ccxt call fetch_order_book BTC/USDT 5."""
    with opened(where, "call") as desk:
        function = _method(desk, method)
        given = [_timed(desk, argument(each)) for each in args or []]
        try:
            inspect.signature(function).bind(*given)
        except TypeError as error:
            shown = inspect.signature(function).replace(return_annotation=inspect.Signature.empty)
            raise typer.BadParameter(f"{method}: {error}; it is {method}{_plain(shown)}") from None
        if _computes(desk, method):
            desk.exchange.load_markets()
        elif not _reads(desk, method):
            if poll is not None:
                raise typer.BadParameter(f"--poll is for what only reads: {method} would do it again and again")
            desk.confirm(f"call {method}({', '.join(args or [])})", yes=yes)
        _show(desk, function(*given), table=table, lines=poll is not None)
        try:
            while poll is not None:
                time.sleep(poll)
                _again(desk, function, given, table=table)
        except KeyboardInterrupt:
            return


def _again(desk: Desk, function: Callable[..., Any], given: list[Any], *, table: bool) -> None:
    """One more call; trouble in between is told and passes."""
    import ccxt

    try:
        value = function(*given)
    except ccxt.OperationFailed as error:
        typer.echo(redacted(f"oms-ccxt call: {' '.join(str(error).split())}", desk.exchange.apiKey), err=True)
    else:
        _show(desk, value, table=table, lines=True)


def _show(desk: Desk, value: Any, *, table: bool, lines: bool) -> None:
    if table and not desk.where.as_json:
        from oms_ccxt_async.cli.output import flat, show_table

        show_table(*flat(redacted(value, desk.exchange.apiKey)), "Nothing.")
    else:
        print_document(desk, value, lines=lines)


def _method(desk: Desk, name: str) -> Callable[..., Any]:
    found = None if name.startswith("_") else getattr(desk.exchange, name, None)
    if callable(found) and not isinstance(found, type):
        method: Callable[..., Any] = found
        return method
    names = [each for each in dir(type(desk.exchange)) if not each.startswith("_")]
    near = difflib.get_close_matches(name, names, 1)
    raise typer.BadParameter(f"there is no method {name!r}" + (f"; did you mean {near[0]}?" if near else ""))


def _reads(desk: Desk, name: str) -> bool:
    """Whether the name of a method says that it only asks."""
    plain = str(desk.exchange.un_camel_case(name))
    group, _, rest = plain.partition("_")
    if group in ENDPOINTS:
        return rest.startswith("get_")
    return plain.startswith(READS) and not plain.startswith(CALLING)


def _computes(desk: Desk, name: str) -> bool:
    """Whether a method asks nobody."""
    from oms_ccxt_pro import oms

    plain = str(desk.exchange.un_camel_case(name))
    ours = None if plain.partition("_")[0] in ENDPOINTS else getattr(oms, plain, None)
    return ours is not None and not inspect.iscoroutinefunction(ours)


def _timed(desk: Desk, value: Any) -> Any:
    return desk.exchange.parse8601(value) if isinstance(value, str) and _TIME.fullmatch(value) else value


def _plain(signature: inspect.Signature) -> str:
    names = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    return str(signature.replace(parameters=names))


def add_to(app: typer.Typer) -> None:
    """Give the command line this command."""
    app.command(context_settings={"ignore_unknown_options": True})(call)
