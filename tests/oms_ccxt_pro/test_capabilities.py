"""`has` tells the truth."""

from __future__ import annotations

from ccxt.async_support.base.exchange import Exchange

import oms_ccxt_pro
from oms_ccxt_pro.capabilities import STREAMS, of_exchange


def test_everything_that_has_says_is_implemented() -> None:
    """Each capability is a method that is not the base class's refusal."""
    exchange = oms_ccxt_pro.oms()
    for name, value in STREAMS.items():
        if name == "ws":
            continue
        assert value is True
        assert exchange.has[name] is True
        method = getattr(oms_ccxt_pro.oms, name)
        if not name.startswith("create") or name in ("createOrderWs", "createOrdersWs"):
            assert method is not getattr(Exchange, name, None), name


def test_every_watch_method_is_declared() -> None:
    """No watch, unWatch or Ws method of ours is missing from `has`."""
    methods = [(name, value) for cls in oms_ccxt_pro.oms.__mro__ for name, value in vars(cls).items()]
    ours = {name for name, value in methods if str(getattr(value, "__module__", "")).startswith("oms_ccxt_pro")}
    names = {name for name in ours if name.startswith(("watch", "unWatch")) or name.endswith("Ws")}
    missing = {name for name in names if "_" not in name} - STREAMS.keys() - of_exchange({}).keys()
    assert missing == set()


def test_what_the_exchange_cannot_tell_is_not_promised() -> None:
    """Methods that only ask the exchange behind the account are there if it has what they ask."""
    exchange = oms_ccxt_pro.oms()
    assert (exchange.has["watchMarkPrice"], exchange.has["fetchOHLCVWs"]) == (False, True)
    told = of_exchange({"fetchMarkPrices": True, "fetchDeposits": False})
    assert (told["watchMarkPrice"], told["unWatchMarkPrices"], told["fetchDepositsWs"]) == (True, True, False)
    assert exchange.has.get("watchLiquidations") is None


def test_the_class_can_be_made_outside_of_a_loop() -> None:
    """`has` is read from an exchange without arguments, before any event loop."""
    assert oms_ccxt_pro.oms().pro is True
