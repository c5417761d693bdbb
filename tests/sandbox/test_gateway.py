"""The gateway: unified ccxt methods with the exchange's own ids."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oms_ccxt_async.sandbox import gateway
from oms_ccxt_async.sandbox.errors import OmsError
from oms_ccxt_async.sandbox.exchange import queries
from oms_ccxt_async.sandbox.gateway import METHODS
from oms_ccxt_async.sandbox.oms import OMS
from tests.sandbox.conftest import KEY, Client, at_once
from tests.sandbox.gateway_client import call, refusal

SWAP = "BTC/USDT:USDT"
ONE, ALL = {"symbol": SWAP}, {"symbols": [SWAP, "BTC/USD:BTC"]}
ASKED: dict[str, dict[str, Any]] = {
    "fetch_ticker": ONE,
    "fetch_tickers": ALL,
    "fetch_bids_asks": ALL,
    "fetch_last_prices": ALL,
    "fetch_mark_price": ONE,
    "fetch_mark_prices": ALL,
    "fetch_order_book": {**ONE, "limit": 100},
    "fetch_order_books": {**ALL, "limit": 5},
    "fetch_trades": {**ONE, "since": 0, "limit": 5},
    "fetch_mark_ohlcv": ONE,
    "fetch_index_ohlcv": ONE,
    "fetch_funding_rate": ONE,
    "fetch_funding_rates": ALL,
    "fetch_funding_interval": ONE,
    "fetch_funding_intervals": ALL,
    "fetch_funding_rate_history": {**ONE, "limit": 3},
    "fetch_funding_history": ONE,
    "fetch_open_interest": ONE,
    "fetch_open_interests": ALL,
    "fetch_open_interest_history": {**ONE, "timeframe": "1h"},
    "fetch_position_mode": ONE,
    "set_position_mode": {"hedged": False, **ONE},
    "fetch_margin_mode": ONE,
    "fetch_margin_modes": ALL,
    "set_margin_mode": {"marginMode": "isolated", **ONE},
    "fetch_leverage": ONE,
    "fetch_leverages": ALL,
    "set_leverage": {"leverage": 2, **ONE},
    "fetch_leverage_tiers": ALL,
    "fetch_market_leverage_tiers": ONE,
    "fetch_my_liquidations": ONE,
    "transfer": {"code": "USDT", "amount": 1, "fromAccount": "spot", "toAccount": "swap"},
    "fetch_transfers": {"code": "USDT"},
    "fetch_ledger": {"code": "USDT"},
    "fetch_deposits": {"code": "USDT"},
    "fetch_withdrawals": {"code": "USDT"},
    "fetch_deposits_withdrawals": {"code": "USDT"},
    "fetch_currencies": {},
    "fetch_deposit_withdraw_fees": {"codes": ["USDT"]},
    "fetch_transaction_fees": {"codes": ["USDT"]},
    "fetch_trading_fees": {},
}


async def test_markets_are_named_by_symbol_or_id(client: Client) -> None:
    """An id of the exchange's is as good as a symbol, in reads and in orders; answers carry the symbol."""
    assert (await call(client, "fetch_ticker", "BTCUSDT_USDT"))["symbol"] == "BTC/USDT:USDT"
    assert list(await call(client, "fetch_tickers", ["ETHBTC"])) == ["ETH/BTC"]
    order = await call(client, "create_order", "ETHUSDT", "limit", "buy", 1, 2000)
    assert order["symbol"] == "ETH/USDT"
    assert [row["id"] for row in await call(client, "fetch_open_orders", "ETHUSDT")] == [order["id"]]
    assert (await call(client, "set_leverage", 3, "BTCUSD_BTC"))["symbol"] == "BTC/USD:BTC"
    assert (await call(client, "fetch_leverage", "BTC/USD:BTC"))["longLeverage"] == 3.0
    assert [row["id"] for row in await call(client, "cancel_all_orders", "ETHUSDT")] == [order["id"]]
    assert await refusal(client, "fetch_ticker", "ethusdt") == "paper does not have market symbol ethusdt"


@pytest.mark.parametrize(
    ("func", "args", "message"),
    [
        ("create_order", ["BTC/USDT", "market"], "paper create_order() missing a required argument: 'side'"),
        ("create_order", ["BTC/USDT", "market", "up", 1], "paper side must be buy or sell"),
        ("create_order", ["BTC/USDT", "market", "buy", "much"], "paper amount must be a number"),
        ("create_order", ["BTC/USDT", "market", "buy", True], "paper amount must be a number"),
        ("create_order", [5, "market", "buy", 1], "paper symbol and type must be text"),
        ("fetch_order", ["x"], "paper order not found"),
        ("fetch_order", [str(2**70)], "paper order not found"),
        ("fetch_orders", ["NOPE"], "paper does not have market symbol NOPE"),
        ("fetch_orders", ["BTC/USDT", "yesterday"], "paper since must be a whole number"),
        ("fetch_orders", ["BTC/USDT", 0, -1], "paper limit must be a whole number"),
        ("set_leverage", [5], "paper leverage and symbol are required"),
        (
            "set_margin_mode",
            ["portfolio", "BTC/USDT:USDT"],
            "paper set_margin_mode() supports cross and isolated only, not portfolio",
        ),
        (
            "set_margin_mode",
            ["cross", "BTC/USDT"],
            "paper set_margin_mode() supports linear and inverse contracts only",
        ),
        ("set_position_mode", [True], "paper set_position_mode() supports one-way mode only"),
        ("transfer", ["USDT", 1, "spot", "spot"], "paper transfer() requires two accounts"),
        ("transfer", ["USDT", 0, "spot", "swap"], "paper transfer amount must be above 0"),
        ("transfer", ["USDT", 1e9, "spot", "swap"], "paper insufficient balance"),
        ("transfer", ["NOPE", 1, "spot", "swap"], "paper insufficient balance"),
        ("transfer", ["USDT", 1, "spot", "moon"], "paper does not have account moon"),
        (
            "fetch_funding_history",
            ["BTC/USDT"],
            "paper fetch_funding_history() supports linear and inverse contracts only",
        ),
        ("fetch_ledger_entry", ["1"], "paper does not have ledger entry 1"),
        ("set_margin_mode", ["cross", "NOPE"], "paper does not have market symbol NOPE"),
        ("no_such", [], "unsupported ccxt method: no_such"),
    ],
)
async def test_bad_arguments_are_refused_in_the_exchanges_words(
    client: Client, func: str, args: list[Any], message: str
) -> None:
    """A wrong call is a dispatcher_error that says what is wrong."""
    assert await refusal(client, func, *args) == message


NAMES = sorted({*METHODS, *queries._METHODS})
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    1e300,
    10**30,
    "",
    "x",
    "BTC/USDT",
    SWAP,
    "USDT",
    "1h",
    "NaN",
    [],
    [None],
    [[1]],
    [SWAP],
    {},
]
odd = st.sampled_from([*ODD, {"type": [1], "until": "x"}, {"until": 0}, {"price": {}}, {"clientOrderId": 5}])


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(NAMES), st.lists(odd, max_size=6))
def test_no_arguments_break_a_method(oms: OMS, func: str, args: list[Any]) -> None:
    """Whatever a method is handed, it answers what JSON can carry or refuses; the records and the exchange agree after
    it."""
    with suppress(OmsError):
        orjson.dumps(at_once(gateway.call(oms, KEY, 1, func, args, {})))
    assert oms.storage.account_state(1) == oms.exchange.state(1)


@pytest.mark.parametrize("name", ASKED)
async def test_what_programs_ask_for(client: Client, name: str) -> None:
    """Each method is there under both of its spellings, and at the core endpoint by the names of its arguments."""
    kwargs = ASKED[name]
    camel = re.sub(r"_(\w)", lambda found: found[1].upper(), name)
    answers = [await call(client, spelling, **kwargs) for spelling in (name, camel)]
    status, body = await client.send("POST", f"/ccxt/core/1/{name}", kwargs)
    assert status == 200
    assert answers[0] == answers[1] == body["result"] or name == "transfer"


async def test_the_core_endpoints(client: Client) -> None:
    """The typed core endpoints do the same with fields by name."""

    async def core(func: str, **body: Any) -> Any:
        status, answer = await client.send("POST", f"/ccxt/core/1/{func}", body)
        assert status == 200, answer
        return answer["result"]

    order = await core("create_order", symbol="BTC/USDT", side="buy", order_type="limit", amount="0.01", price="50000")
    assert [open_order["id"] for open_order in await core("fetch_open_orders")] == [order["id"]]
    assert (await core("fetch_order", id=order["id"]))["status"] == "open"
    assert (await core("cancel_order", id=order["id"]))["status"] == "canceled"
    assert (await core("fetch_ticker", symbol="BTC/USDT"))["symbol"] == "BTC/USDT"
    assert (await core("fetch_balance"))["free"]["BTC"] == 10.0


async def test_a_batch_of_one(client: Client) -> None:
    """A batch may be a single item, and an error in it is an entry."""
    item = {"account_id": 1, "func": "fetch_time"}
    assert (await client.send("POST", "/ccxt/commands", item))[1]["results"][0]["ok"]
    status, body = await client.as_role("no such key").send("POST", "/ccxt/commands", item)
    assert (status, body["results"][0]["error"]["code"]) == (200, "invalid_api_key")
