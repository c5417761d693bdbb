"""What the user has set: the OMS, the account, the strategy, and every option, all of them read and checked here."""

from __future__ import annotations

import copy
import difflib
import functools
import os
import types
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, fields, is_dataclass
from math import inf
from typing import Any, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from oms_ccxt_async import errors
from oms_ccxt_async.wire.host import Host
from oms_ccxt_async.wire.retry import RetryPolicy

__all__ = ["ENVIRONMENT", "Options", "Settings", "address", "group", "whole"]

Shape = TypeVar("Shape")

ENVIRONMENT = {"account_id": "OMS_ACCOUNT_ID", "base_url": "OMS_BASE_URL", "strategy_id": "OMS_STRATEGY_ID"}
"""The options that say which OMS and which account, and the variable that speaks where the option is silent."""


@dataclass(frozen=True, slots=True)
class CreateOrder:
    """`options["createOrder"]`.

    Attributes:
        readBack: whether an order that was taken is read, where the OMS's answer did not carry its row; otherwise what
            was sent is returned, for one request less.
        awaitFills: whether a market order comes back with its fills, on an OMS that has to be asked for them, for one
            look more; otherwise it comes back `open`.
        exact: whether amounts and prices are sent as they are given; otherwise an amount is cut and a price rounded
            to the market's steps, as ccxt's classes do.
    """

    readBack: bool = True
    awaitFills: bool = True
    exact: bool = False


@dataclass(frozen=True, slots=True)
class FetchOrder:
    """`options["fetchOrder"]`.

    Attributes:
        trades: whether `fetch_order` gives a filled order its `trades`; on a full OMS that is a second request.
    """

    trades: bool = False


@dataclass(frozen=True, slots=True)
class FetchPositions:
    """`options["fetchPositions"]`.

    Attributes:
        valued: whether `fetch_positions` gives positions in contracts the mark price, leverage, margin mode and
            liquidation price that they have at the exchange, and the profit; that is a second request; where the
            exchange does not answer, they are None. None: where the driver stands in for an exchange.
    """

    valued: bool | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """The other options of `oms_ccxt_async.oms`. Times are in milliseconds.

    Attributes:
        retry: how hard requests are tried again that may be sent twice: reads, edits, cancels, and orders on an OMS
            that recognises repeats.
        settleTimeout: how long an order whose answer was lost is looked for before it is `OrderOutcomeUnknown`.
        adoptWindow: how long an identical order that a program sends after a lost answer is taken for the first one;
            0 switches that off.
        closeTimeout: how long `close()` waits for orders that are being sent.
        journal: a file in which orders are noted before they are sent, so that a process that died finds out what
            became of them.
        journalFsync: whether every note is forced to the disk.
        gatewayOrders: whether orders go to the exchange past the OMS, with the exchange's ids, where the OMS takes no
            commands; otherwise that is `NotSupported`.
        tickerTtl: how old a ticker may be that `fetch_ticker` answers again without asking, and what the exchange said
            of its positions.
        reconcile: on an OMS that does not look for fills by itself: `auto` has it do so while an order of this program
            may fill, so that its last look is younger than 2000 when fills are read; a number is that age; `never`
            leaves it to others.
        createOrder: how orders are created.
        fetchOrder: how one order is read.
        fetchPositions: how positions are read.
        maxResponseBytes: the largest answer that is read.
    """

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    settleTimeout: float = 10_000
    adoptWindow: float = 300_000
    closeTimeout: float = 5_000
    journal: str | os.PathLike[str] | None = None
    journalFsync: bool = False
    gatewayOrders: bool = False
    tickerTtl: float = 0
    reconcile: float | str = "auto"
    createOrder: CreateOrder = field(default_factory=CreateOrder)
    fetchOrder: FetchOrder = field(default_factory=FetchOrder)
    fetchPositions: FetchPositions = field(default_factory=FetchPositions)
    maxResponseBytes: int = field(default=67_108_864, metadata={"least": 1})

    def __post_init__(self) -> None:
        if isinstance(self.reconcile, str) and self.reconcile not in ("auto", "never"):
            raise errors.BadRequest(
                f'oms options["reconcile"] must be "auto", "never" or milliseconds, not {self.reconcile!r}'
            )


class Meaning(Protocol):
    """What a program means that asked for another exchange: its `urls` are that exchange's."""

    def refuse_elsewhere(self, exchange: Any) -> None: ...
    def setting(self, name: str) -> Any: ...


class Settings:
    """The OMS settings of one exchange instance: `options` first, the environment where they are silent.

    Values are read when they are needed, so that an exchange can be constructed without any, and so that a change of
    `options` counts from the next call on.
    """

    def __init__(self, exchange: Host, environ: Mapping[str, str], meaning: Meaning | None = None) -> None:
        self._exchange = exchange
        self._meaning = meaning
        self._environ = environ
        self._given: tuple[Any, ...] = ()
        self._options = Options()
        # What the address was made of when it was last asked for, and the address.
        self._address: tuple[tuple[Any, ...], str] = ((), "")
        # The options that the place was made of when it was last asked for, and the place.
        self._place: tuple[object, object, tuple[str, int]] = (object(), object(), ("", 0))

    def _value(self, option: str) -> Any:
        value = self._exchange.options.get(option)
        if value in (None, "") and self._meaning is not None:
            value = self._meaning.setting(option)  # programs put other options in the place of all that there are
        return value if value not in (None, "") else self._environ.get(ENVIRONMENT[option])

    @property
    def options(self) -> Options:
        """Raises `ccxt.BadRequest` if one of them makes no sense; an option that is None has its default."""
        given = tuple(map(self._exchange.options.get, _OPTIONS))
        if given != self._given:
            named = {name: value for name, value in zip(_OPTIONS, given, strict=True) if value is not None}
            if self._meaning is not None:
                named = {name: _ours(name, value) for name, value in named.items()}
            self._options = group("options", named, Options)
            self._given = copy.deepcopy(given)  # a group of the user's may be changed in place
        return self._options

    def require(self) -> None:
        """Raises what is missing, all of it at once, or makes no sense, before anything is asked of the OMS."""
        meant = self._meaning is not None  # its `urls` are another exchange's
        api, live = None if meant else self._exchange.urls.get("api"), meant or not self._exchange.isSandboxModeEnabled
        found = {
            "apiKey (or OMS_API_KEY): a key of the OMS": self._exchange.apiKey,
            'options["account_id"] (or OMS_ACCOUNT_ID): the OMS account to trade through': self._value("account_id"),
            'options["base_url"] (or OMS_BASE_URL), for example "http://oms:8000"': (
                self._value("base_url") or api if live else True
            ),
        }
        missing = "; and ".join(name for name, value in found.items() if value in (None, ""))
        if not self._exchange.apiKey:
            raise errors.AuthenticationError(f"oms needs {missing}")
        if missing:
            raise errors.ArgumentsRequired(f"oms needs {missing}")
        _ = self.base_url, self.account_id

    @property
    def place(self) -> tuple[str, int]:
        """`base_url` and `account_id`, which almost every step of a call asks for; raises as they do."""
        options = self._exchange.options
        url, account, place = self._place
        if url is options.get("base_url") and account is options.get("account_id") and not self._is_elsewhere:
            return place
        place = self.base_url, self.account_id
        url, account = options.get("base_url"), options.get("account_id")
        if url not in (None, "") and account not in (None, "") and not self._is_elsewhere:
            self._place = url, account, place  # nothing else has a say in it
        return place

    @property
    def _is_elsewhere(self) -> bool:
        """Whether requests go to the sandbox that the program has named."""
        return self._meaning is None and self._exchange.isSandboxModeEnabled

    @property
    def account_id(self) -> int:
        """Raises `ccxt.ArgumentsRequired` if there is none, `ccxt.BadRequest` if it is not a positive integer."""
        value = self._value("account_id")
        if value in (None, ""):
            raise errors.ArgumentsRequired(
                'oms needs options["account_id"] (or OMS_ACCOUNT_ID): the OMS account to trade through'
            )
        return whole(value, 'options["account_id"]', least=1)

    @property
    def strategy_id(self) -> int | None:
        value = self._value("strategy_id")
        return None if value in (None, "") else whole(value, 'options["strategy_id"]', least=0)

    def strategy_of(self, params: MutableMapping[str, Any]) -> int | None:
        """Take `strategy_id` out of a call's params; the instance's default where they name none."""
        for name in ("strategy_id", "strategyId"):
            if name in params:
                value = params.pop(name)
                return None if value is None else whole(value, f'params["{name}"]', least=0)
        return self.strategy_id

    def require_meant(self) -> None:
        """Raises `ccxt.NotSupported` if the program points at anything but what the account is there for."""
        if self._meaning is not None:
            self._meaning.refuse_elsewhere(self._exchange)

    @property
    def base_url(self) -> str:
        """Raises `ccxt.ArgumentsRequired` if there is none, `ccxt.BadRequest` if it is not an http(s) address."""
        exchange = self._exchange
        urls = exchange.urls if self._meaning is None else {}
        live = not self._is_elsewhere
        given = (live, self._value("base_url"), urls.get("api"), urls.get("test"))
        if given == self._address[0]:
            return self._address[1]
        value = given[1] or urls.get("api") if live else urls.get("test")
        if not value:
            raise errors.ArgumentsRequired(
                'oms needs options["base_url"] (or OMS_BASE_URL), for example "http://oms:8000"'
            )
        self._address = given, address(str(value))
        return self._address[1]


@functools.lru_cache(maxsize=64)
def address(value: str) -> str:
    """An OMS's address without the slash at its end; `ccxt.BadRequest` if it is not an http(s) address."""
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or not value.isascii() or not value.isprintable() or set(value) & set(' "<>?#@\\'):
        raise errors.BadRequest(
            'oms options["base_url"] must be an address like "http://oms:8000", without credentials or a query'
        )
    return value.rstrip("/")


def whole(value: Any, name: str, *, least: int) -> int:
    """An integer of at least `least` from an int or a digit string; `ccxt.BadRequest` naming `name` otherwise."""
    if type(value) is int and least <= value < 2**63:
        return value
    text = str(value).strip()
    if (
        isinstance(value, bool)
        or not (text.isascii() and text.isdigit())
        or not least <= int(text[:19]) <= 2**63 - 1
        or len(text) > 19
    ):
        raise errors.BadRequest(f"oms {name} must be an integer of at least {least}, not {value!r}")
    return int(text)


def group(name: str, given: Any, shape: Callable[..., Shape]) -> Shape:
    """One group of options, checked.

    Args:
        name: the group as messages name it, for example `options["retry"]`.
        given: what the user has set; None for nothing.
        shape: a frozen dataclass. Its fields are the options, each with its type and default; a number is at least 0,
            or what `metadata["least"]` says. A field of such a class is a group inside the group.

    Raises:
        ccxt.BadRequest: it is no dict, has a name that the group does not have, or a value of another type or size.
    """
    if given is None:
        return shape()
    if not isinstance(given, Mapping):
        raise errors.BadRequest(f"oms {name} must be a dict, not {given!r}")
    kinds: dict[str, Any] = _kinds(shape)
    found = {}
    for option, value in given.items():
        if option not in kinds:
            near = difflib.get_close_matches(str(option), kinds, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(sorted(kinds))}"
            raise errors.BadRequest(f"oms {name} has no {option!r}; {hint}")
        found[option] = _checked(f'{name}["{option}"]', value, *kinds[option])
    return shape(**found)


@functools.cache
def _kinds(shape: Any) -> dict[str, tuple[tuple[Any, ...], float]]:
    """By the name of an option, the types that its value may have, and the least number."""
    hints = get_type_hints(shape)
    return {each.name: (_alternatives(hints[each.name]), each.metadata.get("least", 0)) for each in fields(shape)}


def _ours(name: str, value: Any) -> Any:
    """An option without what ccxt's classes keep under the same name: the names of endpoints, limits and the like."""
    group: Any = next((kind for kind in _kinds(Options)[name][0] if is_dataclass(kind)), None)
    if group is None:
        return value
    return {key: each for key, each in value.items() if key in _kinds(group)} if isinstance(value, Mapping) else {}


def _alternatives(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) in (Union, types.UnionType):
        return tuple(kind for each in get_args(hint) for kind in _alternatives(each))
    return (get_origin(hint) or hint,)


def _checked(name: str, value: Any, kinds: tuple[Any, ...], least: float) -> Any:
    for kind in kinds:
        if is_dataclass(kind):
            inner: Any = kind
            return group(name, value, inner)
        if kind in (int, float):
            if (
                isinstance(value, int if kind is int else int | float)
                and type(value) is not bool
                and least <= value < inf
            ):
                return value
        elif isinstance(value, kind):
            return value
    words = " or ".join(_WORDS.get(kind, "") or kind.__name__ for kind in kinds)
    bound = f" of at least {least}" if {int, float} & set(kinds) else ""
    raise errors.BadRequest(f"oms {name} must be {words}{bound}, not {value!r}")


_WORDS: dict[Any, str] = {
    bool: "True or False",
    int: "an integer",
    float: "a number",
    str: "a text",
    os.PathLike: "a path",
    Mapping: "a dict",
    Callable: "a function",
    types.NoneType: "None",
}
_OPTIONS = tuple(each.name for each in fields(Options))
