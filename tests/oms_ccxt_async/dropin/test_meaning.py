"""What a program means: a test network is not the desk's account, and a futures bot's market is no spot market."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

from oms_ccxt_async.dropin.accounts import CONFIG
from oms_ccxt_async.dropin.meaning import real
from tests.faults.eventually import eventually
from tests.faults.plan import Reply, on
from tests.faults.proxy import FaultProxy
from tests.oms_ccxt_async.dropin.conftest import MODULES, Bot

pytestmark = pytest.mark.usefixtures("standing_in")

ORDER = ("BTC/USDT", "limit", "buy", 0.01, 40_000)
REST = [
    ("create_order", ORDER),
    ("create_orders", ([{"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 0.01, "price": 40_000}],)),
    ("edit_order", ("1", "BTC/USDT", "limit", "buy", 0.01, 40_000)),
    ("cancel_order", ("1", "BTC/USDT")),
    ("cancel_all_orders", ()),
    ("close_position", ("BTC/USDT",)),
    ("fetch_open_orders", ()),
    ("fetch_order", ("1",)),
    ("fetch_my_trades", ()),
    ("fetch_positions", ()),
    ("fetch_balance", ()),
    ("fetch_accounts", ()),
    ("fetch_ledger", ()),
    ("withdraw", ("BTC", 1, "address")),
    ("transfer", ("BTC", 1, "spot", "swap")),
    ("set_leverage", (5, "BTC/USDT:USDT")),
    ("omsGetOrdersOpen", ()),
    ("oms_post_commands", ({"command": "cancel_all_orders", "payload": {}},)),
    ("load_markets", (True,)),
]
SOCKET = [
    ("create_order_ws", ORDER),
    ("cancel_order_ws", ("1", "BTC/USDT")),
    ("cancel_all_orders_ws", ()),
    ("fetch_balance_ws", ()),
    ("fetch_open_orders_ws", ()),
    ("watch_orders", ()),
    ("watch_my_trades", ()),
    ("watch_positions", ()),
    ("watch_balance", ()),
    ("watch_ticker", ("BTC/USDT",)),
]


def a_header(exchange: Any) -> None:
    exchange.headers = {"X-Simulated-Trading": "1"}


AFTERWARDS: dict[str, Callable[[Any], Any]] = {
    "set_sandbox_mode": lambda exchange: exchange.set_sandbox_mode(True),
    "setSandboxMode": lambda exchange: exchange.setSandboxMode(True),
    "enable_demo_trading": lambda exchange: exchange.enable_demo_trading(True),
    "isSandboxModeEnabled": lambda exchange: setattr(exchange, "isSandboxModeEnabled", True),
    "option": lambda exchange: exchange.options.update(sandboxMode=True),
    "options": lambda exchange: setattr(exchange, "options", {**exchange.options, "enableDemoTrading": True}),
    "test urls": lambda exchange: exchange.urls.update(api=exchange.urls["test"]),
    "one url": lambda exchange: exchange.urls["api"].update(private="https://testnet.binance.vision/api/v3"),
    "all urls": lambda exchange: setattr(exchange, "urls", {}),
    "hostname": lambda exchange: setattr(exchange, "hostname", "binance.us"),
    "wsUrl": lambda exchange: setattr(exchange, "wsUrl", "wss://testnet.binance.vision/ws"),
    "an attribute": lambda exchange: setattr(exchange, "testnet", True),
    "header": a_header,
}
CONFIGS: dict[str, dict[str, Any]] = {
    "sandbox": {"sandbox": True},
    "testnet": {"testnet": True},
    "sandboxMode": {"sandboxMode": True},
    "options.sandbox": {"options": {"sandbox": True}},
    "options.testnet": {"options": {"testnet": True}},
    "options.sandboxMode": {"options": {"sandboxMode": True}},
    "options.enableDemoTrading": {"options": {"enableDemoTrading": True}},
    "urls": {"urls": {"api": {"private": "https://testnet.binance.vision/api/v3"}}},
    "hostname": {"hostname": "binance.us"},
    "wsUrl": {"wsUrl": "wss://testnet.binance.vision/ws"},
    "options.wsUrl": {"options": {"wsUrl": "wss://testnet.binance.vision/ws"}},
    "headers": {"headers": {"PAPTRADING": "1"}},
    "options.headers": {"options": {"headers": {"PAPTRADING": "1"}}},
}


async def refused(bot: Bot, proxy: FaultProxy, *calls: tuple[str, tuple[Any, ...]]) -> None:
    """Every one of these calls is refused, and not even a connection reaches the OMS."""
    for method, args in calls:
        before = proxy.accepted, len(proxy.requests)
        with pytest.raises(ccxt.NotSupported, match=r"this program points elsewhere .* nothing was sent"):
            await bot.call(method, *args)
        assert (proxy.accepted, len(proxy.requests)) == before, method


@pytest.mark.parametrize("module", MODULES)
async def test_every_way_to_the_oms_is_refused(proxy: FaultProxy, module: Any) -> None:
    """A program on a test network gets no order and no private read through, by REST or by socket, from the start and
    when markets and account are known."""
    async with Bot(module.binance()) as bot:
        socket = [] if module is ccxt.async_support else SOCKET
        for _ in range(2):
            await bot.call("set_sandbox_mode", True)
            await refused(bot, proxy, *REST, *socket)
            await bot.call("set_sandbox_mode", False)
            await bot.call("load_markets")
            assert (await bot.call("create_order", *ORDER))["status"] == "open"
            await bot.call("cancel_all_orders")


@pytest.mark.parametrize("module", [ccxt, ccxt.pro])
async def test_an_open_socket_is_not_a_way(proxy: FaultProxy, module: Any) -> None:
    """When the sockets for events and for orders are open already, a program that changes its mind sends nothing over
    them, and is told nothing of the account any more."""
    async with Bot(module.binance()) as bot:
        order = await bot.call("create_order_ws", *ORDER)
        await bot.call("watch_positions")
        bot.exchange.urls["api"] = bot.exchange.urls["test"]
        await refused(bot, proxy, *REST, *SOCKET)
        bot.exchange.urls["api"] = real(module.__name__, "binance").urls["api"]
        [still] = await bot.call("fetch_open_orders")
        assert still["id"] == order["id"]
        assert (await bot.call("fetch_orders")) == [still]


async def test_a_stream_does_not_come_back(proxy: FaultProxy) -> None:
    """A stream that was open when the program changed its mind does not connect again when its connection breaks."""
    async with Bot(ccxt.pro.binance()) as bot:
        await bot.call("watch_positions")
        bot.exchange.urls["api"] = bot.exchange.urls["test"]
        before = proxy.accepted
        await proxy.close_connections()
        await eventually(lambda: bot.exchange.stream_status()["state"] == "refused")
        assert proxy.accepted == before


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("name", AFTERWARDS)
async def test_pointing_elsewhere_afterwards(proxy: FaultProxy, module: Any, name: str) -> None:
    """Whatever a program changes on its exchange to point elsewhere, in whatever way, counts from the next call on."""
    async with Bot(module.binance()) as bot:
        await bot.call("load_markets")
        AFTERWARDS[name](bot.exchange)
        await refused(bot, proxy, ("create_order", ORDER), ("fetch_balance", ()))


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("name", CONFIGS)
async def test_a_config_that_points_elsewhere(proxy: FaultProxy, module: Any, name: str) -> None:
    """So does what its config says, and a class of its own that describes other addresses."""
    async with Bot(module.binance(CONFIGS[name])) as bot:
        await refused(bot, proxy, ("create_order", ORDER), ("fetch_balance", ()))


@pytest.mark.parametrize("module", MODULES)
async def test_a_class_that_points_elsewhere(proxy: FaultProxy, module: Any) -> None:
    """A program's own class may describe other addresses."""

    class mine(module.binance):
        def describe(self) -> Any:
            return self.deep_extend(super().describe(), {"urls": {"api": {"private": "https://other.invalid"}}})

    async with Bot(mine()) as bot:
        await refused(bot, proxy, ("create_order", ORDER), ("fetch_balance", ()))


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("identity", ["okx", "bybit", "bitget", "binance"])
def test_the_test_modes_of_other_classes(module: Any, identity: str) -> None:
    """Sandbox and demo trading are remembered for exchanges that do them by a header or an option, too."""
    exchange = getattr(module, identity)()
    assert exchange._meaning.elsewhere(exchange) is None
    exchange.set_sandbox_mode(True)
    assert exchange._meaning.elsewhere(exchange)
    exchange.set_sandbox_mode(False)
    assert exchange._meaning.elsewhere(exchange) is None
    exchange.enable_demo_trading(True)
    assert exchange._meaning.elsewhere(exchange)
    exchange.enable_demo_trading(False)
    assert exchange._meaning.elsewhere(exchange) is None


def test_a_sandbox_that_there_is_not() -> None:
    """As in ccxt, an exchange without a test network says so, and nothing has changed."""
    exchange = ccxt.async_support.kraken()
    with pytest.raises(ccxt.NotSupported, match="sandbox"):
        exchange.set_sandbox_mode(True)
    assert exchange._meaning.elsewhere(exchange) is None


@pytest.mark.parametrize("module", MODULES)
async def test_harmless_settings(proxy: FaultProxy, module: Any) -> None:
    """What points nowhere else is not refused: the defaults given again, and addresses that nothing is sent to."""
    ours = real(module.__name__, "binance")
    config = {
        "urls": {
            "api": dict(ours.urls["api"]),
            "logo": "https://mine.invalid",
            "test": {"public": "https://x.invalid"},
        },
        "hostname": ours.hostname,
        "sandbox": False,
        "options": {"sandboxMode": False, "enableDemoTrading": None},
        "headers": {"X-MBX-APIKEY": "k"},
    }
    async with Bot(module.binance(config)) as bot:
        bot.exchange.urls["www"] = "https://mine.invalid"
        await bot.call("set_sandbox_mode", False)
        await bot.call("enable_demo_trading", False)
        assert (await bot.call("create_order", *ORDER))["status"] == "open"


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("name", ["set_sandbox_mode", "test urls", "enable_demo_trading", "hostname"])
async def test_an_account_that_is_meant(proxy: FaultProxy, module: Any, name: str) -> None:
    """With `options["isTest"]` the account is the one that the program means."""
    async with Bot(module.binance({"options": {"isTest": True}})) as bot:
        AFTERWARDS[name](bot.exchange)
        assert (await bot.call("create_order", *ORDER))["status"] == "open"


@pytest.mark.parametrize("given", [1, "true", {}])
async def test_meant_is_a_plain_true(proxy: FaultProxy, given: Any) -> None:
    """Nothing but True says so."""
    async with Bot(ccxt.async_support.binance({"sandbox": True, "options": {"isTest": given}})) as bot:
        await refused(bot, proxy, ("create_order", ORDER))


@pytest.fixture
def accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk's account for binance, and one for its test network."""
    path = tmp_path / "accounts.toml"
    path.write_text(
        """
        [[account]]
        as = "binance"
        account_id = 1
        strategy_id = 1

        [[account]]
        as = "binance"
        account_id = 3
        test = true

        [[account]]
        as = "binance"
        account_id = 4
        test = true
        when = { apiKey = "paper" }
        """
    )
    monkeypatch.setenv(CONFIG, str(path))


@pytest.mark.parametrize("module", MODULES)
async def test_the_account_for_tests(accounts: None, proxy: FaultProxy, module: Any) -> None:
    """A program on a test network has the account with `test = true`, whenever it says so, and no other has it."""
    live, early, late = (Bot(module.binance(config)) for config in ({}, {"sandbox": True}, {}))
    await late.call("set_sandbox_mode", True)
    for bot, account_id in ((live, 1), (early, 3), (late, 3)):
        async with bot:
            assert bot.exchange.options["account_id"] == account_id
            assert bot.exchange.options["strategy_id"] == (1 if account_id == 1 else None)
            order = await bot.call("create_order", *ORDER)
            assert order["info"]["account_id"] == account_id
    late.exchange.set_sandbox_mode(False)
    assert late.exchange.options["account_id"] == 1
    demo = module.binance({"options": {"enableDemoTrading": True}})
    assert demo.options["account_id"] == 3
    demo.enable_demo_trading(False)
    assert demo.options["account_id"] == 1
    demo.enable_demo_trading(True)
    assert demo.options["account_id"] == 3
    assert module.binance({"apiKey": "paper"}).options["account_id"] == 4


REPLACED: list[Callable[[Any], Any]] = [
    lambda exchange: setattr(exchange, "options", {"defaultType": "spot"}),
    lambda exchange: exchange.options.clear(),
    lambda exchange: exchange.options.update(account_id=None, base_url=None),
]


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("replace", REPLACED)
async def test_the_account_of_the_file_outlives_the_options(
    accounts: None, proxy: FaultProxy, module: Any, replace: Callable[[Any], Any]
) -> None:
    """A program that puts other options in the place of all that there are trades on the account of the file, and not
    on the one that the environment names."""
    live, test = Bot(module.binance()), Bot(module.binance({"sandbox": True}))
    for bot, account_id in ((live, 1), (test, 3)):
        async with bot:
            replace(bot.exchange)
            assert (await bot.call("create_order", *ORDER))["info"]["account_id"] == account_id
    async with Bot(module.binance()) as bot:
        replace(bot.exchange)
        bot.exchange.urls["api"] = bot.exchange.urls["test"]
        await refused(bot, proxy, ("create_order", ORDER))


@pytest.mark.parametrize("module", MODULES)
async def test_no_change_of_account_in_use(accounts: None, proxy: FaultProxy, module: Any) -> None:
    """An exchange that is in use stays on its account: going to the test network is refused by the method and by every
    call, also if the program does not care, and so is coming back from it."""
    async with Bot(module.binance()) as live, Bot(module.binance({"sandbox": True})) as test:
        for bot in (live, test):
            await bot.call("load_markets")
        with pytest.raises(ccxt.NotSupported, match="make another one"):
            live.exchange.set_sandbox_mode(True)
        await refused(live, proxy, ("create_order", ORDER), ("fetch_balance", ()))
        with pytest.raises(ccxt.NotSupported, match="make another one"):
            test.exchange.set_sandbox_mode(False)
        assert test.exchange.isSandboxModeEnabled
        assert (await test.call("create_order", *ORDER))["info"]["account_id"] == 3


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("identity", "options"),
    [
        ("binance", {"defaultType": "swap"}),
        ("binance", {"defaultType": "swap", "defaultSubType": "linear"}),
        ("binanceusdm", {}),
    ],
)
async def test_a_futures_bot_trades_futures(
    proxy: FaultProxy, module: Any, identity: str, options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """`BTC/USDT` is what the program's class makes of it, in orders, reads of the account and of the market."""
    async with Bot(getattr(module, identity)({"options": options})) as bot:
        ticker = await bot.call("fetch_ticker", "BTC/USDT")
        assert ticker["symbol"] == "BTC/USDT:USDT"
        order = await bot.call("create_order", "BTC/USDT", "limit", "buy", 0.01, 40_000)
        assert order["symbol"] == "BTC/USDT:USDT"
        await bot.call("set_leverage", 3, "BTC/USDT")
        leverage = await bot.call("fetch_leverage", "BTC/USDT")
        assert (leverage["symbol"], leverage["longLeverage"]) == ("BTC/USDT:USDT", 3)
        assert [each["id"] for each in await bot.call("fetch_open_orders", "BTC/USDT")] == [order["id"]]
        market = await bot.call("market", "BTC/USDT")
        assert market["swap"]
    assert not caplog.messages


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("identity", "options", "left"),
    [
        ("binanceusdm", {}, ["linear"]),
        ("binancecoinm", {}, ["inverse"]),
        ("krakenfutures", {}, ["linear", "inverse"]),
        ("kraken", {}, ["spot"]),
        ("binance", {"fetchMarkets": {"types": ["spot"]}}, ["spot"]),
        ("binance", {"fetchMarkets": ["inverse"]}, ["inverse"]),
        ("binance", {}, ["spot", "linear", "inverse"]),
    ],
)
def test_the_markets_of_a_class(module: Any, identity: str, options: dict[str, Any], left: list[str]) -> None:
    """Of the account's markets those are there that the program's class would load."""
    exchange = getattr(module, identity)({"options": options})
    markets: list[dict[str, Any]] = [
        {"symbol": "spot", "type": "spot", "spot": True},
        {"symbol": "linear", "type": "swap", "swap": True, "linear": True, "contract": True},
        {"symbol": "inverse", "type": "swap", "swap": True, "inverse": True, "contract": True},
    ]
    assert [market["symbol"] for market in exchange._meaning.markets(exchange, markets)] == left


@pytest.mark.parametrize("module", MODULES)
async def test_lists_of_a_futures_bot(proxy: FaultProxy, module: Any) -> None:
    """Where a futures bot names no symbol, it means its futures: it does not cancel what is spot."""
    async with Bot(module.binance()) as spot, Bot(module.binance({"options": {"defaultType": "swap"}})) as swap:
        kept = await spot.call("create_order", *ORDER)
        canceled = await swap.call("create_order", *ORDER)
        assert [each["id"] for each in await swap.call("fetch_open_orders")] == [canceled["id"]]
        assert [each["id"] for each in await swap.call("cancel_all_orders")] == [canceled["id"]]
        assert [each["id"] for each in await spot.call("fetch_open_orders")] == [kept["id"]]


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("identity", "options", "error", "said"),
    [
        ("binancecoinm", {}, ccxt.BadSymbol, "no market 'BTC/USDT'"),
        ("binance", {"defaultType": "margin"}, ccxt.NotSupported, "spot orders: nothing was sent"),
        ("binance", {"defaultType": "option"}, ccxt.NotSupported, "has no such markets: nothing was sent"),
    ],
)
async def test_what_the_account_cannot(
    proxy: FaultProxy, module: Any, identity: str, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    """An order that the exchange behind the account cannot be given as it is meant is refused, and no command sent."""
    async with Bot(getattr(module, identity)({"options": options})) as bot:
        await bot.call("load_markets")
        before = len(proxy.requests)
        for method, args in (REST[0], REST[1]):
            with pytest.raises(error, match=said):
                await bot.call(method, *args)
        assert len(proxy.requests) == before


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({}, {}),
        ({"defaultType": "swap"}, {"type": "swap"}),
        ({"defaultType": "future", "defaultSubType": "linear"}, {"type": "future", "subType": "linear"}),
        ({"defaultType": "margin"}, {"type": "margin"}),
    ],
)
async def test_the_wallet(proxy: FaultProxy, module: Any, options: dict[str, Any], sent: dict[str, str]) -> None:
    """The balance is that of the wallet that the program means."""
    async with Bot(module.binance({"options": options})) as bot:
        await bot.call("fetch_balance")
        [asked] = [request for request in proxy.requests if request.path.endswith("/fetch_balance")]
        assert json.loads(asked.body)["params"] == sent


async def test_its_addresses_are_not_the_oms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an address of the OMS nothing is sent to the exchange's, and least of all the key."""
    monkeypatch.setenv("OMS_API_KEY", "desk")
    exchange = ccxt.async_support.binance({"options": {"account_id": 1, "isTest": True}})
    exchange.urls["api"] = "http://127.0.0.1:9"
    async with Bot(exchange) as bot:
        with pytest.raises(ccxt.ArgumentsRequired, match="base_url"):
            await bot.call("fetch_balance")


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("identity", ["hyperliquid", "okx", "binance"])
async def test_a_class_that_asks_its_base_class(proxy: FaultProxy, module: Any, identity: str) -> None:
    """A class whose `market` is its own and calls that of ccxt's base class, as hyperliquid's does, trades."""
    async with Bot(getattr(module, identity)()) as bot:
        order = await bot.call("create_order", "BTC/USDT:USDT", "limit", "buy", 0.01, 40_000)
        assert (order["symbol"], order["status"]) == ("BTC/USDT:USDT", "open")
        with pytest.raises(ccxt.BadSymbol):
            await bot.call("create_order", "BTC/NOTHING", "limit", "buy", 0.01, 40_000)


@pytest.mark.parametrize("module", MODULES)
async def test_a_futures_bot_cancels_its_own_while_market_data_is_down(module: Any, proxy: FaultProxy) -> None:
    """`BTC/USDT` of binanceusdm is the swap then, too: its order is canceled, and the spot order is left alone."""
    async with Bot(ccxt.async_support.binance()) as desk:
        await desk.call("load_markets")
        spot = await desk.call("create_order", "BTC/USDT", "limit", "buy", 0.01, 40_000)
        swaps = [await desk.call("create_order", "BTC/USDT:USDT", "limit", "buy", 0.01, 40_000) for _ in range(2)]
        proxy.plan(Reply(503, b"{}"), on("POST", "/ccxt/*"), times=None)
        async with Bot(module.binanceusdm({"timeout": 2_000})) as bot:
            canceled = await bot.call("cancel_all_orders", "BTC/USDT")
            assert [order["id"] for order in canceled] == [order["id"] for order in swaps]
            another = await desk.call("create_order", "BTC/USDT:USDT", "limit", "buy", 0.01, 40_000)
            assert [order["id"] for order in await bot.call("cancel_all_orders")] == [another["id"]]
        assert [order["id"] for order in await desk.call("fetch_open_orders")] == [spot["id"]]
        async with Bot(module.binancecoinm({"timeout": 2_000})) as bot:
            with pytest.raises(ccxt.ExchangeNotAvailable):  # to that class there is no such market
                await bot.call("cancel_all_orders", "BTC/USDT")
