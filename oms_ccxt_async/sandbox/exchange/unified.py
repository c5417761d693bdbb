"""Exchange facts in ccxt's unified structures: complete, floats where ccxt has floats, as JSON carries them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from oms_ccxt_async.sandbox.exchange.accounts import ZERO, margin
from oms_ccxt_async.sandbox.exchange.liquidation import liquidation_price, maintenance
from oms_ccxt_async.sandbox.exchange.markets import Market
from oms_ccxt_async.sandbox.exchange.model import ExchangeOrder, ExchangeTrade, NetPosition
from oms_ccxt_async.sandbox.exchange.path import TICK_MS
from oms_ccxt_async.sandbox.exchange.prices import Level, Liquidity, PublicTrade, Turnover
from oms_ccxt_async.sandbox.exchange.tickets import trigger_price

__all__ = [
    "average_price",
    "iso8601",
    "unified_fee",
    "unified_last_price",
    "unified_liquidation",
    "unified_order",
    "unified_order_book",
    "unified_position",
    "unified_public_trade",
    "unified_ticker",
    "unified_trade",
]


def iso8601(timestamp_ms: int) -> str:
    """A time as ccxt writes it: `2026-11-22T12:31:08.739Z`."""
    return f"{datetime.fromtimestamp(timestamp_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{timestamp_ms % 1000:03d}Z"


def unified_trade(trade: ExchangeTrade, order_type: str, market: Market) -> dict[str, Any]:
    """One fill of an order of the given type in this market."""
    return {
        "id": str(trade.id),
        "order": str(trade.order_id),
        "symbol": trade.symbol,
        "side": trade.side,
        "type": order_type,
        "price": float(trade.price),
        "amount": float(trade.amount),
        "cost": float(market.cost(trade.price, trade.amount)),
        "takerOrMaker": trade.taker_or_maker,
        "timestamp": trade.timestamp_ms,
        "fee": {"cost": float(trade.fee), "currency": trade.fee_currency},
        "info": {},
        "datetime": iso8601(trade.timestamp_ms),
    }


def average_price(order: ExchangeOrder, market: Market) -> Decimal | None:
    """The price at which an order in this market has filled; None before it has."""
    return market.average(order.filled, order.cost) if order.filled else None


def unified_order(order: ExchangeOrder, trades: Sequence[ExchangeTrade], market: Market) -> dict[str, Any]:
    """An order in this market; `trades` are all of its fills."""
    ticket = order.ticket
    average = average_price(order, market)
    price = order.price or average
    trigger = trigger_price(ticket)
    fee = None
    if trades:
        fee = {"cost": float(sum((trade.fee for trade in trades), ZERO)), "currency": trades[0].fee_currency}
    return {
        "id": str(order.id),
        "clientOrderId": ticket.client_order_id,
        "timestamp": order.created_ms,
        "datetime": iso8601(order.created_ms),
        "lastTradeTimestamp": trades[-1].timestamp_ms if trades else None,
        "lastUpdateTimestamp": order.updated_ms,
        "symbol": ticket.symbol,
        "type": ticket.type,
        "timeInForce": "PO" if ticket.post_only else ticket.time_in_force or "GTC",
        "postOnly": ticket.post_only,
        "reduceOnly": ticket.reduce_only,
        "side": ticket.side,
        "price": _float(price),
        "stopPrice": _float(trigger),
        "triggerPrice": _float(trigger),
        "stopLossPrice": _float(ticket.stop_price),
        "takeProfitPrice": _float(ticket.take_profit_price),
        "amount": float(order.amount),
        "filled": float(order.filled),
        "remaining": float(order.amount - order.filled),
        "cost": float(order.cost),
        "average": _float(average),
        "status": order.status,
        "fee": fee,
        "fees": [fee] if fee else [],
        "trades": [unified_trade(trade, ticket.type, market) for trade in trades],
        "info": {},
    }


def unified_ticker(market: Market, now: int, day: Turnover, book: Liquidity, index: Decimal | None) -> dict[str, Any]:
    """A market's last 24 hours and the top of its book; of a swap, `index` is what its base costs."""
    opened, high, low, last = (value * market.tick for value in day.bar[:4])
    (bid, bid_volume), (ask, ask_volume) = (next(iter(book.levels(side, 1)), (None, None)) for side in ("sell", "buy"))
    return {
        "symbol": market.symbol,
        "timestamp": now,
        "datetime": iso8601(now),
        "bid": _float(bid),
        "ask": _float(ask),
        "last": float(last),
        "close": float(last),
        "high": float(high),
        "low": float(low),
        "open": float(opened),
        "baseVolume": float(day.base),
        "info": {},
        "bidVolume": _float(bid_volume),
        "askVolume": _float(ask_volume),
        "change": float(last - opened),
        "percentage": float((last - opened) / opened * 100),
        "average": float((last + opened) / 2),
        "vwap": float(day.quote / day.base) if day.base else None,
        "quoteVolume": float(day.quote),
        "previousClose": float(opened),
        "indexPrice": _float(index),
        "markPrice": None if index is None else float(last),
    }


def unified_last_price(market: Market, now: int, price: Decimal) -> dict[str, Any]:
    """A market's last price."""
    return {
        "symbol": market.symbol,
        "timestamp": now,
        "datetime": iso8601(now),
        "price": float(price),
        "side": None,
        "info": {},
    }


def unified_order_book(market: Market, now: int, book: Liquidity, limit: int | None) -> dict[str, Any]:
    """The best `limit` levels of each side."""

    def floats(levels: list[Level]) -> list[list[float]]:
        return [[float(price), float(amount)] for price, amount in levels]

    return {
        "symbol": market.symbol,
        "bids": floats(book.levels("sell", limit)),
        "asks": floats(book.levels("buy", limit)),
        "timestamp": now,
        "datetime": iso8601(now),
        "nonce": None,
    }


def unified_public_trade(market: Market, trade: PublicTrade) -> dict[str, Any]:
    """A trade of the simulated crowd."""
    timestamp = trade.tick * TICK_MS
    return {
        "id": str(trade.tick),
        "symbol": market.symbol,
        "side": trade.side,
        "price": float(trade.price),
        "amount": float(trade.amount),
        "timestamp": timestamp,
        "datetime": iso8601(timestamp),
        "info": {},
        "fee": {"cost": None, "currency": None},
        "order": None,
        "type": None,
        "takerOrMaker": None,
        "cost": float(market.cost(trade.price, trade.amount)),
        "fees": [],
    }


def unified_position(
    market: Market, now: int, position: NetPosition, last: Decimal, margin_mode: str, secured: Decimal
) -> dict[str, Any]:
    """A net position of non-zero amount, valued at the last price; `secured` is what secures it beside its profit."""
    amount, locked = abs(position.amount), margin(market, position)
    profit = market.profit(position.entry_price, last, position.amount)
    needed, notional = maintenance(market, position, last), market.cost(last, amount)
    return {
        "info": {},
        "id": None,
        "symbol": market.symbol,
        "timestamp": now,
        "datetime": iso8601(now),
        "lastUpdateTimestamp": None,
        "initialMargin": float(locked),
        "initialMarginPercentage": float(1 / position.leverage),
        "maintenanceMargin": float(needed),
        "maintenanceMarginPercentage": float(market.maintenance_rate(notional)),
        "entryPrice": float(position.entry_price),
        "notional": float(notional),
        "leverage": float(position.leverage),
        "unrealizedPnl": float(profit),
        "contracts": float(amount),
        "contractSize": float(market.contract_size),
        "marginRatio": float(needed / (secured + profit)) if secured + profit > 0 else None,
        "liquidationPrice": _float(liquidation_price(market, position, last, secured)),
        "markPrice": float(last),
        "lastPrice": float(last),
        "collateral": float(locked),
        "marginMode": margin_mode,
        "side": "long" if position.amount > 0 else "short",
        "percentage": float(profit / locked * 100) if locked else None,
        "stopLossPrice": None,
        "takeProfitPrice": None,
        "hedged": False,
    }


def unified_liquidation(trade: ExchangeTrade, market: Market) -> dict[str, Any]:
    """What was taken from an account, and at which price."""
    worth = market.cost(trade.price, trade.amount)
    return {
        "info": {},
        "symbol": market.symbol,
        "contracts": float(trade.amount),
        "contractSize": float(market.contract_size),
        "price": float(trade.price),
        "side": trade.side,
        "baseValue": float(worth if market.inverse else trade.amount * market.contract_size),
        "quoteValue": float(trade.amount * market.contract_size if market.inverse else worth),
        "timestamp": trade.timestamp_ms,
        "datetime": iso8601(trade.timestamp_ms),
    }


def unified_fee(market: Market) -> dict[str, Any]:
    """What trading in a market costs."""
    return {
        "info": {},
        "symbol": market.symbol,
        "maker": float(market.maker),
        "taker": float(market.taker),
        "percentage": True,
        "tierBased": False,
    }


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
