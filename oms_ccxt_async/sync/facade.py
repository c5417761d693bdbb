"""The sync exchange: every method of the pro exchange for code without an event loop."""

from __future__ import annotations

import asyncio
import copy
import functools
import inspect
import itertools
import types
import weakref
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ParamSpec, Self, TypeVar, cast
from urllib.parse import urlsplit

import ccxt
from ccxt.base.errors import BaseError
from ccxt.base.types import Entry

from oms_ccxt_async import errors
from oms_ccxt_async.exchange.capabilities import camel_case
from oms_ccxt_async.exchange.copies import settings_of
from oms_ccxt_async.orders.calls import Receipts
from oms_ccxt_async.sync.blocking import OrderOutcomeUnknown, blocking, cache, watching
from oms_ccxt_async.sync.loop import SyncLoop
from oms_ccxt_async.wire import gateway
from oms_ccxt_async.wire.secret import Config
from oms_ccxt_pro.exchange import oms as pro
from oms_ccxt_pro.hooks import CHAINS

__all__ = ["OrderOutcomeUnknown", "oms"]

P = ParamSpec("P")
Result = TypeVar("Result")


class oms(ccxt.Exchange):  # type: ignore[misc]  # ccxt is untyped
    """A ccxt exchange that trades through an order management system, for scripts, notebooks and threads.

    Every method of `oms_ccxt_pro.oms` without `await`, from any number of threads. The first call begins an event loop
    in a thread of its own; `close()`, or the end of the program, ends it. Works beside another event loop. A call that
    is interrupted (Ctrl-C) is cancelled: a create goes on in the background, as a cancelled create of the async class
    does. Call it in the process that began it: forked children make an exchange of their own.

    The watch methods take `timeout` (seconds), after which they raise `ccxt.RequestTimeout` and have taken nothing;
    every thread is a watcher of its own. `for orders in iter(exchange.watch_orders, None)` reads on for ever.

    Hooks (`handle_message`, `on_connected`, `options["ws"]["onStatus"]`) run in the loop's thread and must not block.

    Args:
        config: as of `oms_ccxt_async.oms`. `proxies` and `requests_trust_env` mean what they do in ccxt's sync
            classes; a `session` is refused, as requests go over the loop's own.
    """

    # Not in the __dict__, which is the twin's, too: nothing that the twin holds keeps this object alive.
    __slots__ = ("_loop", "_twin")

    def __init__(self, config: Mapping[str, Any] = {}) -> None:
        config = Config(config)
        twin = self._twinned()
        if config.get("session") is not None:
            self.session = config["session"]
        twin.__init__({name: value for name, value in config.items() if name != "session"})  # type: ignore[misc]
        if self.requests_trust_env:
            self.__dict__["aiohttp_trust_env"] = True

    def _twinned(self) -> _Twin:
        self._twin = twin = _Twin.__new__(_Twin)
        twin.__dict__ = self.__dict__
        twin._exchange = weakref.ref(self)
        self._loop = SyncLoop(functools.partial(pro.close, twin))
        weakref.finalize(self, self._loop.leave).atexit = False  # at exit every loop is ended and joined
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        """As the async exchange's: a copy is not in use, and has none of this one's orders under way."""
        return _restored, (type(self), settings_of(self))

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _spell(cls)

    def __del__(self) -> None:
        """Nothing: ccxt's would wait for `close()`, here the loop is told to end."""

    def __repr__(self) -> str:
        return f"ccxt.{self.id}({', '.join(self._twin._described())})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def session(self) -> Any:
        """The aiohttp session in use; None before the first call.

        Raises:
            ccxt.NotSupported: it is set to another one.
        """
        return vars(self).get("session")

    @session.setter
    def session(self, value: Any) -> None:
        if value is not None:
            raise errors.NotSupported(
                "oms: the sync exchange keeps a session of its own; set proxies, headers, timeout and verify on the "
                "exchange instead"
            )
        self.__dict__["session"] = None

    def close(self, clean_instance_data: bool = False) -> None:
        """Close as the async exchange does, end the event loop and join its thread.

        Calls that wait end with `ExchangeClosedByUser`; orders under way come to their end within
        `options["closeTimeout"]`. Closing twice is fine, and the next call begins anew.
        """
        self._loop.close(clean_instance_data)

    def _call(
        self,
        receipts: Receipts,
        function: Callable[P, Coroutine[Any, Any, Result]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Result:
        future = self._loop.call(receipts.collecting(function), *args, **kwargs)
        failure = future.exception()
        result = None if failure is not None else future.result()
        receipts.verdict = None if failure is None else self._own(failure)
        if receipts:
            self._loop.tell(receipts.settle, True)
        try:
            if receipts.verdict is not None:
                raise receipts.verdict
            return cast("Result", result)
        finally:
            del failure  # it holds this frame

    def _unless_told(self, receipts: Receipts, error: BaseException) -> None:
        """A call that ends with anything but its own error was interrupted: the program does not have the result."""
        if error is not receipts.verdict:
            self._loop.tell(receipts.settle, False)
        receipts.verdict = None  # it holds the frames that it passed through

    def _own(self, error: BaseException) -> BaseException:
        """An error for one thread alone. One of ccxt's says all in its message; a defect's frames are needed."""
        if not isinstance(error, BaseError):
            return error
        own: BaseException
        if isinstance(error, errors.OrderOutcomeUnknown):
            own = OrderOutcomeUnknown(str(error), client_order_id=error.client_order_id, request=error.request)
            own.__dict__.update(error.__dict__, _call=self._call)
        else:
            own = copy.copy(error)
        own.__cause__ = error.__cause__
        told: list[BaseException] = []
        link: BaseException | None = own
        while link is not None and link not in told:  # a context may lead back to the error
            link.__traceback__ = None
            told.append(link)
            link = link.__cause__ or link.__context__
        return own

    # What is not a coroutine over there

    def describe(self) -> dict[str, Any]:
        """The exchange's description, as ccxt's base class merges it with the user's config."""
        return pro.describe(self._twin)

    def set_sandbox_mode(self, enabled: bool) -> None:
        """Use `urls["test"]` instead of the OMS's address.

        Raises:
            ccxt.NotSupported: there is no `urls["test"]`; nothing has changed.
        """
        pro.set_sandbox_mode(self._twin, enabled)

    def enable_demo_trading(self, enable: bool) -> None:
        """Use the exchange's demo trading: an OMS has none, and where it stands in, an account may be meant for it.

        Raises:
            ccxt.NotSupported: there is none; nothing has changed.
        """
        pro.enable_demo_trading(self._twin, enable)

    def unknown_orders(self) -> list[str]:
        """The client order ids of orders of which it is unknown whether the OMS took them."""
        return self._loop.look(self._twin.unknown_orders)

    def recovered_orders(self) -> list[dict[str, Any]]:
        """What became of the orders that the journal of an earlier process had left open.

        They are looked up first, unless that was done already.

        Raises:
            ccxt.OperationRejected: the journal cannot be used.
            ccxt.BaseError: the OMS could not be asked.
        """
        return self._call(Receipts(), self._twin._recovered)

    def stats(self) -> dict[str, Any]:
        """What happened to this instance since it was made, in numbers; times are in milliseconds.

        Returns:
            `requests` (each attempt counts), `retries`, `failures` (of requests, by the name of the ccxt exception),
            `latency` (of requests that were answered: `count`, `sum`, `max`), `outages`, `circuitOpenings`, `orders`
            (how often one became `accepted`, `refused`, `unknown`), `unknownOrders` (now), and of all streams
            `reconnects`, `gaps`, `resyncs`, `eventLag` (from the OMS's time to the arrival, by both clocks).
        """
        return self._loop.look(self._twin.stats)

    def stream_status(self) -> dict[str, Any]:
        """How the account's stream is doing; empty before anything is watched.

        Returns:
            What `oms_ccxt_pro.status.Status` describes, and `latency` (ms of the last ping), `waiting` (events that are
            received and not applied), `lag` (updates that the slowest watcher has not fetched).
        """
        return self._loop.look(self._twin.stream_status)

    def handle_message(self, client: Any, message: dict[str, Any]) -> None:
        """Take a message of a stream, by way of the `handle_*` method of its kind; override it to see every one."""
        pro.handle_message(self._twin, client, message)

    def on_connected(self, client: Any, message: Any = None) -> None:
        """Called when a stream of the account or of market data is live, after every connect, to `client.url`."""

    def market(self, symbol: str | None) -> Any:
        """The market of a symbol or market id, as `load_markets()` has it.

        Raises:
            ccxt.BadSymbol: there is none; the message names the nearest symbol.
            ccxt.ExchangeError: markets are not loaded.
        """
        return pro.market(self._twin, symbol)

    def parse_order(self, order: Mapping[str, Any], market: Any = None) -> dict[str, Any]:
        """An order row of a full OMS as a unified order; of `{}`, an empty one."""
        return pro.parse_order(self._twin, order, market)

    def parse_trade(self, trade: Mapping[str, Any], market: Any = None) -> dict[str, Any]:
        """A deal row as a unified trade; of `{}`, an empty one."""
        return pro.parse_trade(self._twin, trade, market)

    def parse_position(self, position: Mapping[str, Any], market: Any = None) -> dict[str, Any]:
        """A position row as a unified position; of `{}`, an empty one in `market`."""
        return pro.parse_position(self._twin, position, market)

    # Markets

    load_markets = blocking(pro.load_markets)
    fetch_markets = blocking(pro.fetch_markets)

    # Reading

    fetch_order = blocking(pro.fetch_order)
    fetch_open_orders = blocking(pro.fetch_open_orders)
    fetch_orders = blocking(pro.fetch_orders)
    fetch_closed_orders = blocking(pro.fetch_closed_orders)
    fetch_canceled_orders = blocking(pro.fetch_canceled_orders)
    fetch_canceled_and_closed_orders = blocking(pro.fetch_canceled_and_closed_orders)
    fetch_open_order = blocking(pro.fetch_open_order)
    fetch_closed_order = blocking(pro.fetch_closed_order)
    fetch_order_with_client_order_id = blocking(pro.fetch_order_with_client_order_id)
    fetch_order_trades = blocking(pro.fetch_order_trades)
    fetch_my_trades = blocking(pro.fetch_my_trades)
    fetch_positions = blocking(pro.fetch_positions)
    fetch_positions_for_symbol = blocking(pro.fetch_positions_for_symbol)
    fetch_position = blocking(pro.fetch_position)
    fetch_positions_history = blocking(pro.fetch_positions_history)
    fetch_balance = blocking(pro.fetch_balance)
    fetch_accounts = blocking(pro.fetch_accounts)
    fetch_status = blocking(pro.fetch_status)

    # Trading

    create_order = blocking(pro.create_order)
    create_orders = blocking(pro.create_orders)
    edit_order = blocking(pro.edit_order)
    cancel_order = blocking(pro.cancel_order)
    cancel_orders = blocking(pro.cancel_orders)
    cancel_all_orders = blocking(pro.cancel_all_orders)
    close_position = blocking(pro.close_position)
    close_all_positions = blocking(pro.close_all_positions)
    close_by = blocking(pro.close_by)
    merge_positions = blocking(pro.merge_positions)
    set_position_stops = blocking(pro.set_position_stops)
    reconcile = blocking(pro.reconcile)

    # Order entry over the socket

    create_order_ws = blocking(pro.create_order_ws)
    create_orders_ws = blocking(pro.create_orders_ws)
    edit_order_ws = blocking(pro.edit_order_ws)
    cancel_order_ws = blocking(pro.cancel_order_ws)
    cancel_orders_ws = blocking(pro.cancel_orders_ws)
    cancel_all_orders_ws = blocking(pro.cancel_all_orders_ws)
    fetch_order_ws = blocking(pro.fetch_order_ws)
    fetch_open_orders_ws = blocking(pro.fetch_open_orders_ws)
    fetch_orders_ws = blocking(pro.fetch_orders_ws)
    fetch_closed_orders_ws = blocking(pro.fetch_closed_orders_ws)
    fetch_my_trades_ws = blocking(pro.fetch_my_trades_ws)
    fetch_positions_ws = blocking(pro.fetch_positions_ws)
    fetch_positions_for_symbol_ws = blocking(pro.fetch_positions_for_symbol_ws)
    fetch_position_ws = blocking(pro.fetch_position_ws)
    fetch_balance_ws = blocking(pro.fetch_balance_ws)
    fetch_ticker_ws = blocking(pro.fetch_ticker_ws)
    fetch_tickers_ws = blocking(pro.fetch_tickers_ws)
    fetch_order_book_ws = blocking(pro.fetch_order_book_ws)
    fetch_trades_ws = blocking(pro.fetch_trades_ws)
    fetch_ohlcv_ws = blocking(pro.fetch_ohlcv_ws)
    fetch_trading_fees_ws = blocking(pro.fetch_trading_fees_ws)
    fetch_deposits_ws = blocking(pro.fetch_deposits_ws)
    fetch_withdrawals_ws = blocking(pro.fetch_withdrawals_ws)

    # Watching

    watch_orders = watching(pro.watch_orders)
    watch_orders_for_symbols = watching(pro.watch_orders_for_symbols)
    watch_my_trades = watching(pro.watch_my_trades)
    watch_my_trades_for_symbols = watching(pro.watch_my_trades_for_symbols)
    watch_positions = watching(pro.watch_positions)
    watch_position = watching(pro.watch_position)
    watch_balance = watching(pro.watch_balance)
    watch_ticker = watching(pro.watch_ticker)
    watch_tickers = watching(pro.watch_tickers)
    watch_order_book = watching(pro.watch_order_book)
    watch_trades = watching(pro.watch_trades)
    watch_ohlcv = watching(pro.watch_ohlcv)
    watch_bids_asks = watching(pro.watch_bids_asks)
    watch_mark_price = watching(pro.watch_mark_price)
    watch_mark_prices = watching(pro.watch_mark_prices)
    watch_order_book_for_symbols = watching(pro.watch_order_book_for_symbols)
    watch_trades_for_symbols = watching(pro.watch_trades_for_symbols)
    watch_ohlcv_for_symbols = watching(pro.watch_ohlcv_for_symbols)
    un_watch_orders = blocking(pro.un_watch_orders)
    un_watch_orders_for_symbols = blocking(pro.un_watch_orders_for_symbols)
    un_watch_my_trades = blocking(pro.un_watch_my_trades)
    un_watch_my_trades_for_symbols = blocking(pro.un_watch_my_trades_for_symbols)
    un_watch_positions = blocking(pro.un_watch_positions)
    un_watch_balance = blocking(pro.un_watch_balance)
    un_watch_ticker = blocking(pro.un_watch_ticker)
    un_watch_tickers = blocking(pro.un_watch_tickers)
    un_watch_order_book = blocking(pro.un_watch_order_book)
    un_watch_trades = blocking(pro.un_watch_trades)
    un_watch_ohlcv = blocking(pro.un_watch_ohlcv)
    un_watch_bids_asks = blocking(pro.un_watch_bids_asks)
    un_watch_mark_price = blocking(pro.un_watch_mark_price)
    un_watch_mark_prices = blocking(pro.un_watch_mark_prices)
    un_watch_order_book_for_symbols = blocking(pro.un_watch_order_book_for_symbols)
    un_watch_trades_for_symbols = blocking(pro.un_watch_trades_for_symbols)
    un_watch_ohlcv_for_symbols = blocking(pro.un_watch_ohlcv_for_symbols)

    # The caches of ccxt.pro

    orders = cache("orders")
    myTrades = cache("myTrades")
    positions = cache("positions")
    balance = cache("balance")
    orderbooks = cache("orderbooks")
    tickers = cache("tickers")
    bidsasks = cache("bidsasks")
    trades = cache("trades")
    ohlcvs = cache("ohlcvs")

    # Endpoints

    fetch2 = blocking(pro.fetch2)
    fetch = blocking(pro.fetch)


class _Own:
    """A method that an attribute of the instance does not replace: a program that wraps `fetch_order` of its sync
    exchange means its own calls, and what the twin awaits must stay a coroutine."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method

    def __get__(self, instance: Any, owner: type) -> Any:
        return self._method if instance is None else types.MethodType(self._method, instance)

    def __set__(self, instance: Any, value: Any) -> None:
        vars(instance)[self._method.__name__] = value


class _Twin(pro):
    """The async exchange inside a sync one. They share one `__dict__`: what is set on one, the other has."""

    _exchange: weakref.ref[oms]

    def __del__(self) -> None:
        """Nothing: ccxt's asks for `close()`, and the loop has awaited it."""

    def describe(self) -> dict[str, Any]:
        exchange = self._exchange()
        assert exchange is not None  # it is being constructed
        return exchange.describe()

    def handle_message(self, client: Any, message: dict[str, Any]) -> None:
        if (exchange := self._exchange()) is not None:
            exchange.handle_message(client, message)

    def on_connected(self, client: Any, message: Any = None) -> None:
        if (exchange := self._exchange()) is not None:
            exchange.on_connected(client, message)

    @_Own
    async def fetch_markets(self, params: Mapping[str, Any] = {}) -> list[dict[str, Any]]:
        # A program that replaces it wants it to be used by load_markets; it may call the exchange, so not in the loop.
        exchange = self._exchange()
        if exchange is None or getattr(exchange.fetch_markets, "__func__", None) is oms.fetch_markets:
            return await pro.fetch_markets(self, params)
        return list(await asyncio.to_thread(exchange.fetch_markets, params))

    def check_proxy_settings(self, *args: Any) -> list[str | None]:
        return self._with_proxies(super().check_proxy_settings(*args))

    def check_ws_proxy_settings(self) -> list[str | None]:
        return self._with_proxies(super().check_ws_proxy_settings())

    def _with_proxies(self, ways: list[str | None]) -> list[str | None]:
        """The http, https and socks proxy of ccxt's settings, or of `proxies`, which its sync classes give to requests.

        Raises:
            ccxt.InvalidProxySettings: there are both.
        """
        proxies = self.proxies or {}
        proxy = proxies.get(urlsplit(self._settings.base_url).scheme) or proxies.get("all")
        if not proxy:
            return ways
        if any(ways):
            raise errors.InvalidProxySettings("oms has both proxies and another proxy setting; use one of them")
        return [None, None, proxy] if proxy.startswith("socks") else [proxy, None, None]


def _restored(kind: type[oms], settings: dict[str, Any]) -> oms:
    exchange = kind.__new__(kind)
    twin = exchange._twinned()
    exchange.__dict__.update(settings)
    twin._begin()
    return exchange


def _spell(cls: type) -> None:
    """Give methods their camelCase names, as ccxt's constructor does."""
    for home in reversed(cls.__mro__):
        for name, method in list(vars(home).items()):
            if inspect.isfunction(method) and "_" in name and "_" not in (name[0], name[-1]):
                setattr(cls, camel_case(name), getattr(cls, name))


def _hook(name: str) -> None:
    """Let a message go through the sync exchange's method, which a program may override, to the async one's."""
    theirs: Callable[..., None] = getattr(pro, name)

    @functools.wraps(theirs)
    def own(self: oms, client: Any, message: dict[str, Any]) -> None:
        theirs(self._twin, client, message)

    def of_twin(self: _Twin, client: Any, message: dict[str, Any]) -> None:
        if (exchange := self._exchange()) is not None:
            getattr(exchange, name)(client, message)

    setattr(oms, name, own)
    setattr(_Twin, name, of_twin)


for _name in itertools.chain(*CHAINS):
    _hook(_name)
for _name in gateway.PASSED_THROUGH:
    if _name not in vars(oms):
        setattr(oms, _name, blocking(getattr(pro, _name)))
for _name, _method in vars(oms).items():
    if hasattr(_method, "__wrapped__") and _name not in vars(_Twin):
        setattr(_Twin, _name, _Own(_method.__wrapped__))
# From where they were defined: ccxt's constructor puts functions in their place on the class that it constructs.
for _home in pro.__mro__:
    for _name, _entry in vars(_home).items():
        if isinstance(_entry, Entry):
            setattr(oms, _name, _entry)
_spell(oms)
