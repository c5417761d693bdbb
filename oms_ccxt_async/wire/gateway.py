"""Every unified method that is not the OMS's: passed through its gateway to the exchange behind the account.

`fetchBalance` goes to `/ccxt/core/{account_id}/fetch_balance`, everything else to `/ccxt/{account_id}/{func}`. No
spelling of a trading method is here: orders reach the exchange through the OMS or not at all.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import orjson
from ccxt.async_support.base.exchange import Exchange

from oms_ccxt_async import errors
from oms_ccxt_async.wire.retry import Kind
from oms_ccxt_async.wire.settings import Settings
from oms_ccxt_async.wire.transport import Request, Transport

__all__ = ["PASSED_THROUGH", "WITHOUT_MARKETS", "Gateway", "encoded", "method"]

READS = (
    "fetch_adl_rank",
    "fetch_all_greeks",
    "fetch_bids_asks",
    "fetch_borrow_interest",
    "fetch_borrow_rate",
    "fetch_convert_currencies",
    "fetch_convert_quote",
    "fetch_convert_trade",
    "fetch_convert_trade_history",
    "fetch_cross_borrow_rate",
    "fetch_cross_borrow_rates",
    "fetch_currencies",
    "fetch_deposit_address",
    "fetch_deposit_addresses",
    "fetch_deposit_addresses_by_network",
    "fetch_deposit_withdraw_fees",
    "fetch_deposits",
    "fetch_deposits_withdrawals",
    "fetch_funding_history",
    "fetch_funding_interval",
    "fetch_funding_intervals",
    "fetch_funding_rate",
    "fetch_funding_rate_history",
    "fetch_funding_rates",
    "fetch_greeks",
    "fetch_index_ohlcv",
    "fetch_isolated_borrow_rate",
    "fetch_isolated_borrow_rates",
    "fetch_l3_order_book",
    "fetch_last_prices",
    "fetch_ledger",
    "fetch_ledger_entry",
    "fetch_leverage",
    "fetch_leverage_tiers",
    "fetch_leverages",
    "fetch_liquidations",
    "fetch_long_short_ratio",
    "fetch_long_short_ratio_history",
    "fetch_margin_adjustment_history",
    "fetch_margin_mode",
    "fetch_margin_modes",
    "fetch_mark_ohlcv",
    "fetch_mark_price",
    "fetch_mark_prices",
    "fetch_market_leverage_tiers",
    "fetch_markets",
    "fetch_my_liquidations",
    "fetch_ohlcv",
    "fetch_open_interest",
    "fetch_open_interest_history",
    "fetch_open_interests",
    "fetch_option",
    "fetch_option_chain",
    "fetch_order_book",
    "fetch_order_books",
    "fetch_payment_methods",
    "fetch_position_adl_rank",
    "fetch_position_mode",
    "fetch_positions_adl_rank",
    "fetch_premium_index_ohlcv",
    "fetch_ticker",
    "fetch_tickers",
    "fetch_time",
    "fetch_trades",
    "fetch_trading_fee",
    "fetch_trading_fees",
    "fetch_trading_limits",
    "fetch_transaction_fees",
    "fetch_transactions",
    "fetch_transfer",
    "fetch_transfers",
    "fetch_withdrawals",
)
ABSOLUTE = ("set_leverage", "set_margin", "set_margin_mode", "set_position_mode")
"""Doing them twice is doing them once."""
RELATIVE = (
    "add_margin",
    "borrow_cross_margin",
    "borrow_isolated_margin",
    "borrow_margin",
    "create_deposit_address",
    "reduce_margin",
    "repay_cross_margin",
    "repay_isolated_margin",
    "repay_margin",
    "transfer",
    "withdraw",
)
"""Never sent twice."""
PASSED_THROUGH = {
    **dict.fromkeys(READS, Kind.READ),
    **dict.fromkeys(ABSOLUTE, Kind.REPEATABLE),
    **dict.fromkeys(RELATIVE, Kind.ONCE),
}


WITHOUT_MARKETS = frozenset(
    ("fetch_currencies", "fetch_markets", "fetch_position_mode", "fetch_time", "set_position_mode")
)
"""What ccxt's classes answer without their markets; before everything else they load them."""


class Gateway:
    """Calls of unified methods on the exchange behind the account.

    Args:
        transport: how to ask.
        settings: which account.
    """

    def __init__(self, transport: Transport, settings: Settings) -> None:
        self._transport = transport
        self._settings = settings
        # By account, method and arguments: when it was asked (ms), and the call. Old ones go when a new one is made.
        self._shared: dict[bytes, tuple[float, asyncio.Future[Any]]] = {}

    async def call(self, func: str, args: list[Any], kind: Kind = Kind.READ) -> Any:
        """Call `func` (snake_case) with positional arguments; what the exchange's class returned, from JSON.

        Raises:
            ccxt.BadRequest: an argument cannot be sent as JSON.
            ccxt.BaseError: as `Transport.send` raises it.
        """
        body = encoded(f"{func}()", {"args": args})
        return await self._post(f"/ccxt/{self._settings.account_id}/{func}", body, func, args, kind)

    async def balance(self, params: dict[str, Any]) -> Any:
        """The account's balance at the exchange, as the exchange's class returned it; raises as `call` does."""
        path = f"/ccxt/core/{self._settings.account_id}/fetch_balance"
        body = encoded("fetch_balance()", {"params": params})
        return await self._post(path, body, "fetch_balance", [params] if params else [], Kind.READ)

    async def shared(self, func: str, args: list[Any], *, now: float, ttl: float) -> Any:
        """What a read answers; callers that want the same while it is under way, or within `ttl` ms of its request,
        share it. Raises as `call` does, and a failure is not kept."""
        key = encoded(f"{func}()", [self._settings.account_id, func, args])
        at, task = self._shared.get(key, (0.0, None))
        fresh = task is not None and task.get_loop() is asyncio.get_running_loop()
        if task is None or not fresh or (task.done() and (now - at >= ttl or task.cancelled() or task.exception())):
            self._shared = {k: held for k, held in self._shared.items() if now - held[0] < ttl or not held[1].done()}
            task = asyncio.ensure_future(self.call(func, args))
            task.add_done_callback(lambda done: None if done.cancelled() else done.exception())
            self._shared[key] = (now, task)
        return await asyncio.shield(task)

    async def _post(self, path: str, body: bytes, func: str, args: list[Any], kind: Kind) -> Any:
        asked = f"{func}({', '.join(str(arg) for arg in args)[:200]})"
        symbol = next((arg for arg in args[:2] if isinstance(arg, str) and "/" in arg), None)
        answer = await self._transport.send(Request("POST", path, asked, "result", kind, body, symbol=symbol))
        return answer["result"]


def encoded(asked: str, body: Any) -> bytes:
    """A body as JSON, numbers of every library included; `ccxt.BadRequest` naming `asked` if that cannot be."""
    try:
        return orjson.dumps(body, default=_plain, option=orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError) as error:
        raise errors.BadRequest(f"oms {asked}: an argument cannot be sent as JSON ({error})") from error


def _plain(value: Any) -> Any:
    """Numbers of other libraries as JSON; a Decimal as its exact text."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    raise TypeError(f"{value!r} is of type {type(value).__name__}")


def method(name: str) -> Callable[..., Any]:
    """ccxt's unified method `name`, with its signature, going through the gateway of the exchange it belongs to, which
    reads its params first, as those of every method, and loads its markets where ccxt's classes do."""
    signature = inspect.signature(getattr(Exchange, name))
    defaults = [parameter.default for parameter in list(signature.parameters.values())[1:]]
    kind = PASSED_THROUGH[name]

    @functools.wraps(getattr(Exchange, name))
    async def passed_through(self: Any, *args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        if bound.arguments["params"] != {}:
            bound.arguments["params"] = await self._given_to(name, bound.arguments["params"])
        given = list(bound.args[1:])
        while given and (given[-1] is None or given[-1] == defaults[len(given) - 1]):
            given.pop()
        if name not in WITHOUT_MARKETS and not self.markets:
            await self.load_markets()
        return await self._pass_through(name, given, kind)

    passed_through.__doc__ = f"ccxt's unified `{name}`, answered by the exchange behind the OMS account."
    return passed_through
