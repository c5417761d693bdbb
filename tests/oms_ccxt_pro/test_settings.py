"""`options["ws"]`."""

from __future__ import annotations

import ccxt
import pytest

from oms_ccxt_pro.settings import StreamSettings


def test_settings_are_taken_by_name() -> None:
    """What is not named has its default; what ccxt's own client takes from `ws` is left to it."""
    assert StreamSettings.from_options(None) == StreamSettings()
    own = {"maxOutage": None, "pingInterval": 5, "onStatus": print}
    ccxts = {"options": {"headers": {}}, "cost": 1, "compress": 0}
    assert StreamSettings.from_options({**own, **ccxts}) == StreamSettings(pingInterval=5, onStatus=print)


@pytest.mark.parametrize(
    "bad",
    [
        {"pingInterval": "5"},
        {"maxPending": True},
        {"backoff": -1},
        {"maxSize": float("nan")},
        {"ordersSnapshot": 1},
        {"onStatus": "print"},
    ],
)
def test_settings_that_make_no_sense_are_refused(bad: dict[str, object]) -> None:
    """The error names the option."""
    with pytest.raises(ccxt.BadRequest, match=next(iter(bad))):
        StreamSettings.from_options(bad)


def test_a_setting_that_does_not_exist_is_refused() -> None:
    """The error names the one that may be meant, or all of them."""
    with pytest.raises(ccxt.BadRequest, match=r"pingIntervall.*'pingInterval'"):
        StreamSettings.from_options({"pingIntervall": 5})
    with pytest.raises(ccxt.BadRequest, match=r"zzz.*maxOutage"):
        StreamSettings.from_options({"zzz": 5})


def test_settings_are_a_dict() -> None:
    """Anything else is refused."""
    with pytest.raises(ccxt.BadRequest):
        StreamSettings.from_options(5)
