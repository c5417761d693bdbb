"""Programs on `oms_ccxt_async.sync.oms`. Checked, never run; a line with a mistake is marked `# wrong`."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import ccxt

from oms_ccxt_async import sync, types
from oms_ccxt_async.sync import OrderOutcomeUnknown


def right_first_order() -> None:
    with sync.oms({"apiKey": "key"}) as exchange:
        order = exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 50_000)
        print(exchange.fetch_order(order["id"], order["symbol"])["status"])
        exchange.cancel_order(order["id"])


def right_camel_case(exchange: sync.oms) -> types.Order:
    candles = exchange.fetchOHLCV("BTC/USDT", "1h", None, 24)
    amount = exchange.amountToPrecision("BTC/USDT", candles[-1][5] / 1000)
    return exchange.createLimitOrder("BTC/USDT", "buy", amount, Decimal("50000"))


def right_timeout(exchange: sync.oms) -> list[types.Order]:
    try:
        return exchange.watch_orders(timeout=10)
    except ccxt.RequestTimeout:
        return exchange.watchOrders("BTC/USDT", timeout=0.5)


def right_for_ever(exchange: sync.oms) -> None:
    for orders in iter(exchange.watch_orders, None):
        print([order["id"] for order in orders])


def right_threads(exchange: sync.oms) -> None:
    with ThreadPoolExecutor() as pool:
        tickers = list(pool.map(exchange.fetch_ticker, ["BTC/USDT", "ETH/USDT"]))
        book = pool.submit(exchange.fetch_order_book, "BTC/USDT", limit=5)
        print(tickers[0]["last"], book.result()["bids"])


def right_error(exchange: sync.oms) -> None:
    try:
        exchange.create_market_buy_order("BTC/USDT", 0.01)
    except OrderOutcomeUnknown as error:
        print(error.client_order_id, error.fate, error.resolve())


def right_drop_in(exchange: sync.oms) -> str | None:
    def program(any_exchange: ccxt.Exchange) -> None:
        print(any_exchange.id)

    program(exchange)
    exchange.load_markets(reload=True)
    return exchange.iso8601(exchange.fetch_time())


def right_way_out(exchange: sync.oms) -> dict[str, types.Num]:
    for position in exchange.fetch_positions():
        side = "sell" if position["side"] == "long" else "buy"
        exchange.create_order(position["symbol"], "market", side, position["contracts"], None, {"reduceOnly": True})
    return exchange.fetch_balance()["used"]


def right_recovered(exchange: sync.oms) -> None:
    for row in exchange.recovered_orders():
        print(row["clientOrderId"], exchange.unknown_orders())
    exchange.close()


def right_order_entry(exchange: sync.oms) -> None:
    orders = exchange.create_orders([{"symbol": "BTC/USDT", "type": "market", "side": "buy", "amount": "0.01"}])
    exchange.cancel_orders([order["id"] for order in orders], "BTC/USDT")
    print(exchange.cancel_all_orders()[0]["remaining"], exchange.edit_order_ws("1", amount=2)["amount"])


def wrong_await(exchange: sync.oms) -> None:
    async def program() -> None:
        print(await exchange.fetch_ticker("BTC/USDT"))  # wrong

    print(program)


def wrong_timeout(exchange: sync.oms) -> None:
    exchange.watch_ticker("BTC/USDT", timeout="10s")  # wrong


def wrong_symbols(exchange: sync.oms) -> None:
    print(exchange.fetch_ticker(["BTC/USDT", "ETH/USDT"]))  # wrong


def wrong_arguments(exchange: sync.oms) -> None:
    exchange.create_order("BTC/USDT", "buy", 0.01)  # wrong
