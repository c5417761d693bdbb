"""What a program means by the exchange that it asks for: where it points, which markets, which OMS account.

One object of this kind is in the `__dict__` of an exchange that stands in for another, which the sync exchange and the
async one inside it share; what it is asked about that exchange is read when it is asked, as programs change `urls`,
`options` and `hostname` whenever they like.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ccxt.base.exchange import Exchange

from oms_ccxt_async import errors
from oms_ccxt_async.dropin.accounts import CONFIG, AccountEntry, read_accounts

__all__ = ["Meaning", "real"]

_ELSEWHERE = ("sandboxMode", "enableDemoTrading", "sandbox", "testnet")
"""The options by which ccxt's classes go to a test network."""
_HEADERS = frozenset({"x-simulated-trading", "paptrading"})
"""The headers, in lower case, that make a test of a request to the live exchange (okx, bitget)."""
_DEMO = ("demo", "demotrading")
"""Where ccxt's classes keep the addresses of their demo trading in `urls`."""
_DERIVATIVES: dict[Any, str] = {
    **{name: name for name in ("swap", "future", "delivery", "option")},
    **dict.fromkeys(("linear", "inverse", "contract"), "swap"),
}
"""`defaultType` -> `params["type"]`, of what is not spot."""


@functools.cache
def real(module: str, identity: str) -> Any:
    """An instance of ccxt's own class, to read its defaults from; it is never used to send anything.

    Args:
        module: `ccxt`, `ccxt.async_support` or `ccxt.pro`; an exchange without a pro class has its async one there.
        identity: the exchange id.
    """
    # From the module of its own: in the three modules ours stand in its place.
    try:
        home = import_module(f"{module}.{identity}")
    except ModuleNotFoundError:
        home = import_module(f"ccxt.async_support.{identity}")
    return getattr(home, identity)()


class Meaning:
    """See above.

    Args:
        module, identity: which class of ccxt the program asked for.
        given: the program's config; its `apiKey` changes when the program sets another one.
    """

    def __init__(self, module: str, identity: str, given: dict[str, Any]) -> None:
        self.module = module
        self.identity = identity
        self.given = given
        self._chosen: dict[str, Any] = {}  # what the file has put into the options
        self._replaced: dict[str, Any] = {}  # and what was there before
        self._types: tuple[Any, frozenset[str]] = None, frozenset()

    @property
    def real(self) -> Any:
        """An instance of ccxt's own class."""
        return real(self.module, self.identity)

    # Where it points

    def elsewhere(self, exchange: Any) -> str | None:
        """What in the exchange points at anything but the live exchange of that id; None if nothing does."""
        ours, urls, options = self.real, exchange.urls or {}, exchange.options or {}
        if exchange.isSandboxModeEnabled:
            return "set_sandbox_mode(True)"
        for name in _ELSEWHERE:
            if options.get(name) and options[name] != ours.options.get(name):
                return f'options["{name}"]'
        if urls.get("api") != ours.urls.get("api"):
            return 'urls["api"]'
        if exchange.hostname != ours.hostname:
            return f"hostname {exchange.hostname!r}"
        if getattr(exchange, "wsUrl", None) or options.get("wsUrl"):
            return "wsUrl"
        for headers in (exchange.headers, self.given.get("headers"), options.get("headers")):
            if named := _HEADERS & {str(name).lower() for name in headers or {}}:
                return f"the header {min(named)}"
        return None

    def refuse_elsewhere(self, exchange: Any) -> None:
        """Raises `ccxt.NotSupported` if the program points elsewhere and the OMS account is not meant for that."""
        why = self.elsewhere(exchange)
        if why is not None and exchange.options.get("isTest") is not True:
            raise errors.NotSupported(
                f"oms stands in for {self.identity}, this program points elsewhere ({why}), and OMS account "
                f"{exchange.options.get('account_id') or os.environ.get('OMS_ACCOUNT_ID')} is not a test account: "
                'nothing was sent; if it is meant, say test = true in its [[account]], or options["isTest"] = True'
            )

    def set_sandbox_mode(self, exchange: Any, enabled: bool) -> None:
        """As the class of ccxt does it, and with the account of the file that is meant for it.

        Raises:
            ccxt.NotSupported: that exchange has no test network, or the account would be another one while the exchange
                is in use; what the program asks for is then refused by every call.
        """
        its_own = type(self.real).set_sandbox_mode is not Exchange.set_sandbox_mode
        if enabled and not its_own and not exchange.urls.get("test"):
            raise errors.NotSupported(f"oms: {self.identity} has no sandbox")
        if not enabled:
            self.choose(exchange, elsewhere=False)
        if not enabled or exchange.urls.get("test"):
            Exchange.set_sandbox_mode(exchange, enabled)
        if its_own:
            exchange.options["sandboxMode"] = bool(enabled)
        if enabled:
            self.choose(exchange, elsewhere=True)

    def enable_demo_trading(self, exchange: Any, enabled: bool) -> None:
        """As the class of ccxt does it; raises as `set_sandbox_mode`."""
        if exchange.isSandboxModeEnabled:
            raise errors.NotSupported(f"oms: {self.identity} has no demo trading in its sandbox")
        urls = exchange.urls
        home = next((urls[name] for name in _DEMO if urls.get(name)), None)
        if not enabled:
            self.choose(exchange, elsewhere=False)
        exchange.options["enableDemoTrading"] = bool(enabled)
        if enabled and home is not None:
            urls.setdefault("apiBackupDemoTrading", urls["api"])
            urls["api"] = home
        elif "apiBackupDemoTrading" in urls:
            urls["api"] = urls.pop("apiBackupDemoTrading")
        if enabled:
            self.choose(exchange, elsewhere=True)

    # Which account

    def choose(self, exchange: Any, *, elsewhere: bool | None = None) -> None:
        """Put the settings of the account that the program means into the exchange's options.

        Args:
            elsewhere: whether the program points elsewhere; None: as `elsewhere()` finds it.

        Raises:
            ccxt.AuthenticationError: there are accounts for that exchange, and the program's credentials fit none.
            ccxt.NotSupported: it would be another account than the one that is in use.
            ValueError: as `read_accounts`.
        """
        if not vars(exchange).get("_constructed"):
            return
        if elsewhere is None:
            elsewhere = self.elsewhere(exchange) is not None
        chosen = _settings(self.identity, self.given, elsewhere)
        if chosen == self._chosen:
            return
        where = ("account_id", "base_url")
        if exchange._rooms is not None and any(chosen.get(name) != self._chosen.get(name) for name in where):
            raise errors.NotSupported(
                f"oms: this {self.identity} is in use on OMS account {exchange.options.get('account_id')}; make "
                "another one for what is now meant"
            )
        options = exchange.options
        for name, value in self._replaced.items():
            options[name] = value
        self._chosen = dict(chosen)
        self._replaced = {name: options.get(name) for name in chosen if name != "api_key"}
        vars(exchange)["apiKey"] = chosen.pop("api_key", None) or os.environ.get("OMS_API_KEY")
        options.update(chosen)

    # Which markets

    def market(self, exchange: Any, symbol: Any) -> Any:
        """The market that ccxt's class makes of a symbol or id, by `options["defaultType"]` and the like."""
        try:
            return type(self.real).market(exchange, symbol)
        except KeyError as error:
            raise errors.BadRequest(
                f'oms: options["defaultType"] = {exchange.options.get("defaultType")!r} is no type of a market'
            ) from error

    async def arguments(self, exchange: Any, func: str, args: list[Any]) -> list[Any]:
        """The arguments of a unified method for the exchange behind the account, whose own default type is another one
        perhaps: symbols as the program's class means them."""
        maps = type(self.real).market is not Exchange.market
        if not args or not maps or exchange.options.get("defaultType") in (None, "spot", "margin"):
            return args
        _, *names = inspect.signature(getattr(Exchange, func)).parameters
        args = list(args)
        for place, (name, value) in enumerate(zip(names, args, strict=False)):
            if name == "symbol" and value is not None:
                args[place] = await self._symbol(exchange, value)
            elif name == "symbols" and value:
                args[place] = [await self._symbol(exchange, each) for each in value]
        return args

    async def _symbol(self, exchange: Any, symbol: str) -> str:
        market = await exchange._market(symbol, needed=True)
        return str(market.symbol)

    def is_of(self, exchange_id: str) -> bool:
        """Whether an account on that exchange is one of the exchange that the program means: binance's for its class
        for futures, too."""
        if exchange_id == self.identity:
            return True
        return any(
            home.__name__ == exchange_id and home.__module__.startswith("ccxt.") for home in type(self.real).__mro__
        )

    def wallet(self, exchange: Any) -> dict[str, Any]:
        """The params by which ccxt's classes choose the wallet that `fetch_balance` is about."""
        wanted, kind = self.default_type(exchange), exchange.options.get("defaultSubType")
        if wanted is None:
            return {"type": "margin"} if exchange.options.get("defaultType") == "margin" else {}
        return {"type": wanted, **({"subType": kind} if kind else {})}

    def markets(self, exchange: Any, markets: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Of the markets of the exchange behind the account, those that ccxt's class would load."""
        has = self.real.has
        loads = {name for name in ("spot", "swap", "future", "option") if has.get(name)}
        if loads:
            markets = [market for market in markets if market.get("type") not in _TYPES or market["type"] in loads]
        told = exchange.options.get("fetchMarkets")
        types = told.get("types") if isinstance(told, Mapping) else told
        if isinstance(types, Mapping):
            types = [name for name, wanted in types.items() if wanted]
        named = set(types) & _FLAGS if isinstance(types, list | tuple) else set()
        return [market for market in markets if not named or any(market.get(name) for name in named)]

    def default_type(self, exchange: Any) -> str | None:
        """The type of derivatives that the program or its class means where a call names neither symbol nor type."""
        wanted = exchange.options.get("defaultType")
        if not self.real.has.get("spot"):
            return _DERIVATIVES.get(wanted, "swap")
        said = wanted != self.real.options.get("defaultType") or "defaultType" in (self.given.get("options") or {})
        return _DERIVATIVES.get(wanted) if said else None

    def for_orders(self, exchange: Any, market: Any) -> None:
        """Raises `ccxt.NotSupported` if the account's exchange cannot do what the program means by an order."""
        wanted = exchange.options.get("defaultType")
        if wanted == "margin" and market.spot:
            raise errors.NotSupported(
                f'oms: options["defaultType"] is "margin", and orders of an OMS account in {market.symbol} are spot '
                "orders: nothing was sent"
            )
        kind = _DERIVATIVES.get(wanted)
        # To bots of some exchanges, `future` is what is `swap` to those of others.
        alike = {"option"} if kind == "option" else {"swap", "future"}
        if kind is not None and not alike & self._there(exchange.markets):
            raise errors.NotSupported(
                f'oms: options["defaultType"] is "{wanted}", and the exchange behind OMS account '
                f"{exchange._settings.account_id} has no such markets: nothing was sent"
            )

    def _there(self, markets: Any) -> frozenset[str]:
        """The types of the markets that are loaded."""
        if self._types[0] is not markets:
            self._types = markets, frozenset(str(market.get("type")) for market in markets.values())
        return self._types[1]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_types": (None, frozenset())}


_TYPES = frozenset(("spot", "swap", "future", "option"))
_FLAGS = _TYPES | {"linear", "inverse", "contract"}


def _settings(identity: str, given: Mapping[str, Any], elsewhere: bool) -> dict[str, Any]:
    """The settings of the OMS account that a program means by its config for an exchange; none: the environment's.

    A program that points elsewhere means a test account, any other one an account that is none; where there is no such
    account, the other kind, and what that may not be used for is refused later.
    """
    path = os.environ.get(CONFIG)
    accounts = [account for account in (read_accounts(path) if path else ()) if account.as_ == identity]
    named = {**(given.get("options") or {}), **given}
    fitting = [each for each in accounts if all(str(named.get(name)) == value for name, value in each.when.items())]
    if fitting:

        def closeness(account: AccountEntry) -> tuple[int, int]:
            right, asked = int(account.test is elsewhere), len(account.when)
            return (right, asked) if elsewhere else (asked, right)

        best = max(fitting, key=closeness)
        return {**best.settings, **({"isTest": True} if best.test else {})}
    if accounts and given.get("apiKey"):
        raise errors.AuthenticationError(f"{path}: no account stands in for {identity} with this apiKey")
    return {}
