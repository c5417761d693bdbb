"""ccxt itself as the oracle: what a ccxt class would make of an OMS row by safe_order, safe_trade and safe_position."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from functools import cache
from typing import Any

import ccxt
from ccxt.base.precise import Precise
from hypothesis import strategies as st

from oms_ccxt_async.mappers import MarketFacts, Number

Row = dict[str, Any]

STATUSES = {
    "PENDING_SUBMIT": "open",
    "SUBMITTED": "open",
    "PARTIALLY_FILLED": "open",
    "FILLED": "closed",
    "CANCELED": "canceled",
    "REJECTED": "rejected",
}
PRICES_AND_AMOUNTS = {"price", "amount", "cost", "average", "filled", "remaining"}
TRIGGERS = {"stopPrice", "triggerPrice", "stopLossPrice", "takeProfitPrice"}
OF_POSITIONS = {
    *("contracts", "contractSize", "entryPrice", "markPrice", "notional", "leverage", "unrealizedPnl", "percentage"),
    *("initialMargin", "initialMarginPercentage"),
}
NUMBERS = PRICES_AND_AMOUNTS | TRIGGERS | OF_POSITIONS


class Oracle(ccxt.Exchange):
    """A ccxt class for the OMS, written as ccxt's classes are: strings in, `safe_*` last."""

    def describe(self) -> Any:
        return self.deep_extend(super().describe(), {"id": "oracle"})

    def parse_trade(self, trade: Row, market: Row | None = None) -> Any:
        fee = plain(trade.get("fee"))
        return self.safe_trade(
            {
                "info": trade,
                "id": str(trade["id"]),
                "timestamp": self.parse8601(trade.get("executed_at")),
                "datetime": self.iso8601(self.parse8601(trade.get("executed_at"))),
                "symbol": trade.get("symbol") or self.safe_string(market, "symbol"),
                "order": self.safe_string(trade, "order_id"),
                "type": self.safe_string(market, "orderType"),
                "side": trade.get("side"),
                "takerOrMaker": None,
                "price": plain(trade.get("price")),
                "amount": plain(trade.get("qty")),
                "cost": None,
                "fee": None if fee is None else {"currency": trade.get("fee_currency"), "cost": fee},
            },
            market,
        )

    def parse_order(self, order: Row, market: Row | None = None) -> Any:
        """Of a row under `info`, and of what follows from its deals, its submitter and the kind of OMS beside it."""
        extra = order["extra"]
        fee = plain(order["info"].get("fee"))
        return self.safe_order(
            {
                "info": order["info"],
                "id": str(order["info"]["id"]),
                "clientOrderId": order["info"].get("client_order_id"),
                "timestamp": self.parse8601(order["info"].get("created_at")),
                "datetime": None,
                "lastTradeTimestamp": None,
                "lastUpdateTimestamp": self.parse8601(order["info"].get("updated_at")),
                "symbol": order["info"].get("symbol") or self.safe_string(market, "symbol"),
                "type": order["info"].get("order_type"),
                "timeInForce": extra.get("timeInForce"),
                "postOnly": extra.get("postOnly"),
                "reduceOnly": extra.get("reduceOnly"),
                "side": order["info"].get("side"),
                "price": plain(order["info"].get("price")),
                "triggerPrice": extra.get("triggerPrice"),
                "stopLossPrice": extra.get("stopLossPrice") or self.omit_zero(plain(order["info"].get("stop_loss"))),
                "takeProfitPrice": extra.get("takeProfitPrice")
                or self.omit_zero(plain(order["info"].get("stop_gain"))),
                "amount": plain(order["info"].get("qty")),
                "cost": order["cost"],
                "average": order["average"],
                "filled": order["filled"],
                "remaining": None,
                "status": order["status"],
                "fee": None if fee is None else {"currency": order["info"].get("fee_currency"), "cost": fee},
                "trades": order["deals"],
            },
            market,
        )


def plain(text: str | None) -> str | None:
    """A wire decimal without trailing zeros and exponent, by ccxt's own arithmetic."""
    return None if text is None else str(Precise(text))


@cache
def oracle(number: Number = str) -> Oracle:
    """An oracle; only with str does ccxt compute without rounding (see test_order.py)."""
    exchange = Oracle()
    exchange.number = number
    return exchange


def ccxt_market(market: MarketFacts | None, order_type: str | None = None) -> Row | None:
    """The ccxt market of which these are the facts; the order's type travels in it to `parse_trade`."""
    if market is None:
        return None if order_type is None else {"orderType": order_type}
    facts = asdict(market)
    return {**facts, "contractSize": facts.pop("contract_size"), "orderType": order_type}


def expected_order(
    row: Row,
    *,
    market: MarketFacts | None,
    deals: Sequence[Row],
    maintained: bool,
    extra: Mapping[str, Any],
    exchange: Oracle | None = None,
) -> Any:
    """What ccxt makes of an order row, its deals, and what the submitter knows.

    The cost of the deals is handed to safe_order, which would not get it right (see test_order.py). While deals lag
    behind a maintained row, its money is what ccxt makes of the row without them.
    """
    exchange = exchange or oracle()
    dealt = sum((Decimal(deal["qty"]) for deal in deals if deal.get("qty")), Decimal(0))
    facts: Row = {
        "info": row,
        "extra": extra,
        "deals": list(deals),
        "cost": None,
        "average": plain(row.get("avg_fill_price")) if maintained else None,
        "filled": plain(row.get("filled_qty")) if maintained else None if deals else "0",
        "status": STATUSES.get(row.get("status") or ""),
    }
    if not maintained and Decimal(row.get("qty") or 0) and dealt >= Decimal(row["qty"]):
        facts["status"] = "closed"
    structure = ccxt_market(market, row.get("order_type"))
    if not deals or (facts["filled"] is not None and dealt != Decimal(facts["filled"])):
        money = exchange.parse_order({**facts, "deals": []}, structure)
    else:
        facts["cost"] = "0"
        for deal in deals:
            facts["cost"] = Precise.string_add(facts["cost"], oracle().parse_trade(deal, structure)["cost"] or "0")
        money = exchange.parse_order(facts, structure)
    return exchange.parse_order(facts, structure) | {field: money[field] for field in ("price", "average", "cost")}


def expected_trade(row: Row, *, market: MarketFacts | None, order_type: str | None) -> Any:
    """What ccxt makes of a deal."""
    return oracle().parse_trade(row, ccxt_market(market, order_type))


def expected_position(
    row: Row, *, market: MarketFacts | None, hedged: bool | None, mark_price: str | None, leverage: str | None
) -> Any:
    """What ccxt makes of a position."""
    exchange = oracle()
    structure = ccxt_market(market)
    exchange.markets = {market.symbol: structure} if market else None
    unknown = (
        *("lastPrice", "notional", "unrealizedPnl", "realizedPnl", "percentage", "collateral", "positionMargin"),
        *("initialMargin", "initialMarginPercentage", "maintenanceMargin", "maintenanceMarginPercentage"),
        *("marginRatio", "marginMode", "liquidationPrice"),
    )
    return exchange.safe_position(
        {
            **dict.fromkeys(unknown),
            "info": row,
            "id": str(row["id"]),
            "symbol": row.get("symbol") or (market.symbol if market else None),
            "timestamp": exchange.parse8601(row.get("opened_at")),
            "datetime": exchange.iso8601(exchange.parse8601(row.get("opened_at"))),
            "lastUpdateTimestamp": exchange.parse8601(row.get("updated_at")),
            "contracts": "0" if row.get("state") == "closed" else plain(row.get("qty")),
            "contractSize": ("1" if market.spot else market.contract_size) if market else None,
            "side": {"buy": "long", "sell": "short"}.get(row.get("side") or ""),
            "hedged": hedged,
            "entryPrice": plain(row.get("avg_price")),
            "markPrice": mark_price,
            "leverage": leverage,
            "stopLossPrice": exchange.omit_zero(plain(row.get("stop_loss"))),
            "takeProfitPrice": exchange.omit_zero(plain(row.get("stop_gain"))),
        }
    )


def numbered(structure: Any, number: Number) -> Any:
    """A structure of exact strings with every number converted, last and once."""
    result = {key: number(value) if key in NUMBERS and value is not None else value for key, value in structure.items()}
    if result.get("fee"):
        result["fee"] = numbered(result["fee"], number)
    for field in ("fees", "trades"):
        if field in result:
            result[field] = [numbered(item, number) for item in result[field]]
    return result


def typed(value: Any) -> Any:
    """A structure in which 1, 1.0 and Decimal(1) differ."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    return [typed(item) for item in value] if isinstance(value, list) else (type(value), value)


def wire(digits: int, places: int) -> str:
    """A decimal as the OMS writes it (fact 14)."""
    return str(Decimal(digits).scaleb(-places).quantize(Decimal("1e-18")))


amounts = st.builds(wire, st.integers(0, 10**6), st.integers(0, 6))
prices = st.builds(wire, st.integers(1, 10**7), st.integers(0, 5))
long_amounts = st.builds(wire, st.integers(0, 10**27), st.just(18))
long_prices = st.builds(wire, st.integers(1, 10**27), st.just(18))
timestamps = st.datetimes().filter(lambda moment: moment.year >= 1970).map(lambda moment: moment.replace(microsecond=0))
rest_timestamps = timestamps.map(lambda moment: moment.isoformat())
ws_timestamps = timestamps.map(lambda moment: moment.isoformat(sep=" "))
wire_timestamps = rest_timestamps | ws_timestamps
sizes = st.sampled_from(["0.001", "1", "10", "100"])
markets = st.none() | st.one_of(
    st.just(MarketFacts("BTC/USDT", spot=True, contract=False, inverse=False, contract_size=None)),
    st.builds(MarketFacts, st.just("BTC/USDT:USDT"), st.just(False), st.just(True), st.just(False), sizes),
    st.builds(MarketFacts, st.just("BTC/USD:BTC"), st.just(False), st.just(True), st.just(True), sizes),
)
sides = st.sampled_from(["buy", "sell"])
extras = st.fixed_dictionaries(
    {},
    optional={
        "timeInForce": st.sampled_from(["GTC", "IOC", "FOK", "PO"]),
        "postOnly": st.booleans(),
        "reduceOnly": st.booleans(),
        "triggerPrice": st.sampled_from(["59000", "0.5"]),
        "stopLossPrice": st.just("58000"),
        "takeProfitPrice": st.just("62000"),
    },
)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A nullable column."""
    return st.none() | values


def order_rows(
    amounts: st.SearchStrategy[str] = amounts, prices: st.SearchStrategy[str] = prices
) -> st.SearchStrategy[Row]:
    """Order rows of a legacy and of a full OMS, every field but the id missing at times."""
    return st.fixed_dictionaries(
        {"id": st.integers(1, 2**62)},
        optional={
            "account_id": st.just(1),
            "symbol": st.just("BTC/USDT"),
            "side": sides,
            "order_type": st.sampled_from(["market", "limit", "stop_limit"]),
            "status": st.sampled_from([*STATUSES, "SUSPENDED"]),
            "client_order_id": maybe(st.just("cid-1")),
            "qty": maybe(amounts),
            "price": maybe(prices),
            "filled_qty": maybe(amounts),
            "avg_fill_price": maybe(prices),
            "stop_loss": maybe(prices | st.just("0E-18")),
            "stop_gain": maybe(prices),
            "fee": maybe(amounts),
            "fee_currency": maybe(st.just("USDT")),
            "created_at": wire_timestamps,
            "updated_at": maybe(wire_timestamps),
        },
    )


def deal_rows(
    amounts: st.SearchStrategy[str] = amounts, prices: st.SearchStrategy[str] = prices
) -> st.SearchStrategy[Row]:
    """Deal rows, every field but id and time missing at times; ids of equal length, see test_order.py."""
    return st.fixed_dictionaries(
        {
            "id": st.integers(100, 999),
            "executed_at": st.sampled_from(["2026-11-22T12:31:00", "2026-11-22T12:31:00.250", "2026-11-22T12:31:01"]),
        },
        optional={
            "order_id": maybe(st.just(7)),
            "symbol": st.just("BTC/USDT"),
            "side": sides,
            "qty": amounts,
            "price": prices,
            "fee": maybe(amounts | st.just("-0.250000000000000000")),
            "fee_currency": maybe(st.sampled_from(["USDT", "BTC", "BNB"])),
        },
    )


def deals_of_one_order(
    amounts: st.SearchStrategy[str] = amounts, prices: st.SearchStrategy[str] = prices
) -> st.SearchStrategy[list[Row]]:
    """Up to four deals, in ascending order of id."""
    return st.lists(deal_rows(amounts, prices), max_size=4, unique_by=lambda deal: deal["id"]).map(
        lambda deals: sorted(deals, key=lambda deal: deal["id"])
    )


def position_rows() -> st.SearchStrategy[Row]:
    """Position rows, every field but the id missing at times."""
    return st.fixed_dictionaries(
        {"id": st.integers(1, 2**62)},
        optional={
            "symbol": st.just("BTC/USDT"),
            "side": sides,
            "qty": amounts,
            "avg_price": prices,
            "stop_loss": maybe(prices | st.just("0E-18")),
            "stop_gain": maybe(prices),
            "state": st.sampled_from(["open", "close_requested", "closed"]),
            "opened_at": rest_timestamps,
            "updated_at": ws_timestamps,
        },
    )
