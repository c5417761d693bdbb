"""An exchange's config as it is constructed: what can only be a mistake is refused, what is in force is put in options.

A name that is misspelled, or that stands in the wrong place, is not merely without effect: another account, from the
environment, would be traded on in its stead.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import fields
from typing import Any

from oms_ccxt_async import errors
from oms_ccxt_async.instrumentation.telemetry import Log
from oms_ccxt_async.wire.host import Host
from oms_ccxt_async.wire.settings import ENVIRONMENT, Options, Settings, address, whole

__all__ = ["NAMES", "check", "near"]

NAMES = frozenset((*ENVIRONMENT, *(each.name for each in fields(Options)), "isTest", "ws"))
"""The options of the driver."""
_TOP = (
    "apiKey",
    "timeout",
    "verbose",
    "options",
    "headers",
    "session",
    "httpProxy",
    "httpsProxy",
    "socksProxy",
    "verify",
)
"""What stands beside `options` in a config, as ccxt spells it."""
_WHOLE = {"account_id": 1, "strategy_id": 0}


def near(name: Any, names: Iterable[str]) -> str | None:
    """The name that somebody who wrote `name` must have meant; None if it is not clear that it was one of these."""
    plain = {_plain(each): each for each in names}
    found = difflib.get_close_matches(_plain(str(name)), plain, 1, 0.85)
    return plain[found[0]] if found else None


def check(
    exchange: Host,
    config: Mapping[str, Any],
    environ: Mapping[str, str],
    settings: Settings,
    *,
    foreign: Container[str] | None,
    groups: Mapping[str, Callable[[Any], Any]],
) -> None:
    """Check what an exchange was constructed with; what the environment adds is in `exchange.options` afterwards.

    Args:
        config: what its program gave.
        foreign: where it stands in for another exchange, the options of that one, and what stands beside them is its
            business; None where it does not.
        groups: groups of options that belong to a subclass, and how they are read.

    Raises:
        ccxt.BadRequest: a name that is nearly one of the driver's, or one of them in the wrong place; a value of
            another type; an unknown name in one of the driver's own groups.
    """
    if foreign is None:
        for name in config:
            _check_place(str(name), type(exchange))
    for name in config.get("options") or {}:
        if name in NAMES or name in _OF_CCXT:
            continue
        meant = near(name, NAMES)
        if meant and (foreign is None or name not in foreign):
            raise errors.BadRequest(f'oms has no options["{name}"]; did you mean "{meant}"?')
        if foreign is None:
            Log(lambda: exchange.logger).warning("oms has no use for options[%r]; it is ignored", name)
    timeout: Any = exchange.timeout
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout > 0:
        raise errors.BadRequest(f"oms timeout must be milliseconds, more than 0, not {timeout!r}")
    for option, variable in ENVIRONMENT.items():
        given = exchange.options.get(option)
        if given in (None, ""):
            given, where = environ.get(variable), variable
        else:
            where = f'options["{option}"]'
        if given in (None, ""):
            continue
        value = address(str(given)) if option == "base_url" else whole(given, where, least=_WHOLE[option])
        exchange.options[option] = value if where == variable else exchange.options[option]
    _ = settings.options
    for name, read in groups.items() if foreign is None else ():
        read(exchange.options.get(name))


def _check_place(name: str, kind: type) -> None:
    if name in NAMES:
        raise errors.BadRequest(f'oms takes {name!r} in its options: {{"options": {{"{name}": ...}}}}')
    if hasattr(kind, name):
        return
    if meant := near(name, _TOP):
        raise errors.BadRequest(f"oms has no {name!r} in its config; did you mean {meant!r}?")
    if meant := near(name, NAMES):
        raise errors.BadRequest(f'oms has no {name!r}; did you mean "{meant}", in its options?')


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


_OF_CCXT = frozenset(
    (
        "adjustForTimeDifference",
        "broker",
        "brokerId",
        "createMarketBuyOrderRequiresPrice",
        "defaultMarginMode",
        "defaultNetworkCodeReplacements",
        "defaultSubType",
        "defaultType",
        "OHLCVLimit",
        "maxRetriesOnFailure",
        "maxRetriesOnFailureDelay",
        "ordersLimit",
        "recvWindow",
        "sandboxMode",
        "timeDifference",
        "tradesLimit",
        "watchPositions",
        "warnOnFetchOpenOrdersWithoutSymbol",
    )
)
"""Options that programs give to every exchange; an OMS has no use for most of them."""
