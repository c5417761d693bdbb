"""`oms_ccxt_async.cli.exchanges`: which exchanges ccxt has."""

from __future__ import annotations

import ccxt

from oms_ccxt_async.cli.exchanges import unknown


def test_every_exchange_of_ccxt_is_known() -> None:
    """Its files are its exchanges."""
    assert {each for each in ccxt.exchanges if each != "oms" and unknown(each)} == set()


def test_the_nearest_is_named() -> None:
    """A slip is answered with what was meant, nonsense without."""
    assert unknown("binanze") == "ccxt has no exchange 'binanze'; did you mean binance?"
    assert unknown("xxxxxxxxxxxxx") == "ccxt has no exchange 'xxxxxxxxxxxxx'"
