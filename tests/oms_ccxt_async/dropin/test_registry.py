"""`register()` and `unregister()`: what is in ccxt's modules, and what is in them afterwards."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

import oms_ccxt_async
import oms_ccxt_pro
from oms_ccxt_async import register, sync, unregister
from oms_ccxt_async.exchange.capabilities import of_exchange

MODULES = {ccxt: sync.oms, ccxt.async_support: oms_ccxt_async.oms, ccxt.pro: oms_ccxt_pro.oms}


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Every test leaves ccxt's modules as they were: names and lists alike."""
    before = [(dict(vars(module)), list(module.exchanges)) for module in MODULES]
    yield
    unregister()
    unregister("binance")
    unregister("luno")
    assert [(dict(vars(module)), list(module.exchanges)) for module in MODULES] == before


def test_our_classes_are_in_ccxt() -> None:
    """After registering, twice like once, every module of ccxt has its class and lists it once."""
    for _ in range(2):
        register()
        for module, ours in MODULES.items():
            assert module.oms is ours
            assert module.exchanges.count("oms") == 1
    assert isinstance(ccxt.oms(), ccxt.Exchange)
    assert not hasattr(ccxt, "no_such_thing")


def test_unregister() -> None:
    """Registering can be taken back, before and after the class was asked for, and when nothing was registered."""
    unregister()
    register()
    unregister()
    register()
    assert ccxt.oms
    unregister()
    assert not any(hasattr(module, "oms") for module in MODULES)


@pytest.mark.parametrize("identity", ["binance", "luno"])
def test_standing_in(identity: str) -> None:
    """Ours stands in for an exchange, a pro class that ccxt lacks included, and gives the place back; what it stands
    in for is still known."""
    real = [getattr(module, identity, None) for module in MODULES]
    lists = [list(module.exchanges) for module in MODULES]
    register(identity)
    register(identity)
    for module, ours in MODULES.items():
        assert issubclass(getattr(module, identity), ours)
        assert module.exchanges.count(identity) == 1
        assert getattr(module, identity)().id == identity
    capabilities = of_exchange(identity)
    assert capabilities is not None
    assert capabilities["name"].lower() == identity
    unregister(identity)
    assert [getattr(module, identity, None) for module in MODULES] == real
    assert [list(module.exchanges) for module in MODULES] == lists


def test_both_at_once() -> None:
    """Taking one id back leaves the other."""
    register()
    register("binance")
    unregister("binance")
    assert ccxt.oms is sync.oms
    assert not issubclass(ccxt.binance, sync.oms)


def test_an_exchange_that_ccxt_does_not_have() -> None:
    """Standing in for nothing is a mistake."""
    with pytest.raises(ValueError, match="no exchange 'binnance'"):
        register("binnance")


def test_ccxt_has_no_getattr_of_its_own() -> None:
    """The place where ours comes in is free."""
    assert not any("__getattr__" in vars(module) for module in MODULES)


@pytest.mark.parametrize("first", ["import ccxt", "import ccxt.pro", "from oms_ccxt_async import oms", "pass"])
def test_cheap_and_in_any_order(first: str) -> None:
    """Whatever was imported before, registering imports nothing of ours but itself, and both spellings of an import
    find the class."""
    code = f"""
import sys, oms_ccxt_async
{first}
had = {{name for name in sys.modules if name.startswith("oms_ccxt")}}
oms_ccxt_async.register()
new = {{name for name in sys.modules if name.startswith("oms_ccxt")}} - had
assert new == {{"oms_ccxt_async.dropin", "oms_ccxt_async.dropin.registry"}}, new
import ccxt.async_support as async_support
from ccxt.pro import oms
import ccxt
assert issubclass(oms, async_support.oms) and "oms" in ccxt.exchanges
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_a_module_is_what_it_was() -> None:
    """Looking for a name that a module does not have fails as it does without us."""
    register()
    with pytest.raises(AttributeError, match=r"module 'ccxt\.pro' has no attribute 'nothing'"):
        _ = ccxt.pro.nothing
    assert isinstance(ccxt.pro, ModuleType)
