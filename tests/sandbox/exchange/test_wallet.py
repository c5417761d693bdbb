from __future__ import annotations

from decimal import Decimal

import ccxt
import ccxt.test.exchange.base as base
import pytest

from oms_ccxt_async.sandbox.exchange import ExchangeRefusal
from oms_ccxt_async.sandbox.exchange.markets import CURRENCIES
from tests.sandbox.exchange.support import BTC, START, Floor


def test_balance_moves_with_orders() -> None:
    """What an order locks is used, and free and used add up to the total."""
    floor = Floor()
    floor.place("buy", "limit", "1", "50000")
    balance = floor.call("fetch_balance")
    assert balance["USDT"] == {"free": 949950.0, "used": 50050.0, "total": 1000000.0}
    assert (balance["free"]["USDT"], balance["used"]["USDT"], balance["total"]["BTC"]) == (949950.0, 50050.0, 10.0)


def test_balances_are_told_to_eight_places() -> None:
    """Free and used are the total in the numbers told, too, whatever fractions the locks have."""
    floor = Floor()
    for amount in ("0.00123", "0.00077"):
        floor.place("buy", "limit", amount, "41234.57")
        told = {part: Decimal(repr(value)) for part, value in floor.call("fetch_balance")["USDT"].items()}
        assert told["free"] + told["used"] == told["total"]
        assert told["used"] == round(told["used"], 8)


def test_currencies_have_networks() -> None:
    """Every currency can be moved on a network that ccxt knows, at a fee; the currency's is the cheapest."""
    currencies = Floor().call("fetch_currencies")
    assert tuple(currencies) == CURRENCIES
    exchange = ccxt.Exchange({"id": "paper"})
    exchange.has["fetchCurrencies"] = True
    exchange.currencies = currencies
    for currency in currencies.values():
        base.test_currency(exchange, {}, "fetchCurrencies", currency)
        assert currency["networks"]
        assert currency["fee"] == min(network["fee"] for network in currency["networks"].values())
        assert currency["deposit"] is currency["withdraw"] is currency["active"] is True


def test_fees_are_those_of_the_currencies() -> None:
    """What a withdrawal costs is the same however it is asked for."""
    floor = Floor()
    networks = floor.call("fetch_currencies")["USDT"]["networks"]
    assert floor.call("fetch_deposit_withdraw_fees", ["USDT"])["USDT"]["withdraw"]["fee"] == 1.0
    told = floor.call("fetch_transaction_fees", ["USDT"])["withdraw"]
    assert told == {"USDT": {network: row["fee"] for network, row in networks.items()}}
    assert set(floor.call("fetch_deposit_withdraw_fees")) == set(CURRENCIES)
    assert set(floor.call("fetch_transaction_fees")["deposit"]) == set(CURRENCIES)
    assert floor.call("fetch_trading_fee", BTC)["taker"] == 0.001


@pytest.mark.parametrize("func", ["fetch_deposits", "fetch_withdrawals", "fetchDepositsWithdrawals"])
def test_nothing_comes_in_or_goes_out(func: str) -> None:
    """Lists of deposits and withdrawals are empty, and still refuse what is no currency or no time."""
    floor = Floor()
    assert floor.call(func) == floor.call(func, "USDT", START, 10) == []
    with pytest.raises(ExchangeRefusal, match="paper does not have currency code NOPE"):
        floor.call(func, "NOPE")
    with pytest.raises(ExchangeRefusal, match="paper since must be a whole number"):
        floor.call(func, "USDT", "yesterday")
