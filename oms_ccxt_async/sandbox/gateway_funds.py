"""The unified ccxt methods on an account's settings and money at the exchange."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oms_ccxt_async.sandbox.exchange import (
    LIQUIDATION,
    ExchangeOrder,
    ExchangeTrade,
    Funding,
    Transfer,
    ledger,
    unified_funding,
    unified_ledger_entry,
    unified_liquidation,
    unified_transfer,
)
from oms_ccxt_async.sandbox.gateway_orders import Orders, Params

__all__ = ["Funds"]

WALLETS = ("spot", "swap", "future", "margin", "funding", "linear", "inverse", "delivery", "trading", "unified")
"""Names that programs have for what is one wallet here."""


class Funds(Orders):
    """Every public method is the unified ccxt method of its name, with ccxt's arguments."""

    def set_leverage(self, leverage: Any, symbol: str | None = None, params: Params = None) -> dict[str, Any]:
        oms, account_id = self._oms, self._account_id
        chosen = self._number("leverage", leverage)
        if chosen is None or not isinstance(symbol, str):
            raise self._refusal("leverage and symbol are required")
        symbol = oms.exchange.symbol(symbol)
        with oms.transaction([account_id]):
            oms.exchange.set_leverage(account_id, symbol, chosen)
            state = oms.exchange.state(account_id)
            oms.storage.store_holdings(account_id, state.balances, state.positions)
            oms.storage.store_leverages(account_id, state.leverages)
        return {"info": {}, "symbol": symbol, "leverage": float(chosen)}

    def set_margin_mode(self, marginMode: Any, symbol: str | None = None, params: Params = None) -> dict[str, Any]:
        oms, account_id = self._oms, self._account_id
        symbol, mode = oms.exchange.symbol(symbol), str(marginMode).lower()
        with oms.transaction([account_id]):
            oms.exchange.set_margin_mode(account_id, symbol, mode)
            oms.storage.store_margin_modes(account_id, oms.exchange.state(account_id).margin_modes)
        return {"info": {}, "symbol": symbol, "marginMode": mode}

    def set_position_mode(self, hedged: Any, symbol: str | None = None, params: Params = None) -> dict[str, Any]:
        if symbol is not None:
            self._oms.exchange.symbol(symbol)
        if hedged is not False:
            raise self._refusal("set_position_mode() supports one-way mode only")
        return {"info": {}, "hedged": False}

    def transfer(
        self, code: str, amount: Any, fromAccount: str, toAccount: str, params: Params = None
    ) -> dict[str, Any]:
        """Note a transfer. There is one wallet, so that what is moved is where it was."""
        oms, account_id = self._oms, self._account_id
        code = self._text("code", code) or ""
        moved, holdings = self._number("amount", amount), oms.exchange.state(account_id).balances
        for account in (fromAccount, toAccount):
            if account not in WALLETS:
                raise self._refusal(f"does not have account {account}")
        if fromAccount == toAccount:
            raise self._refusal("transfer() requires two accounts")
        if moved is None or moved <= 0:
            raise self._refusal("transfer amount must be above 0")
        if code not in holdings or holdings[code].free < moved:
            raise self._refusal("insufficient balance")
        with oms.transaction([account_id]):
            number = oms.storage.newest(Transfer) + 1
            transfer = Transfer(number, account_id, code, moved, fromAccount, toAccount, oms.clock())
            oms.storage.insert(transfer)
        return unified_transfer(transfer)

    def fetch_transfers(
        self, code: str | None = None, since: Any = None, limit: Any = None, params: Params = None
    ) -> list[dict[str, Any]]:
        match = {} if code is None else {"currency": self._text("code", code)}
        return [unified_transfer(row) for row in self._window(Transfer, "timestamp_ms", since, limit, **match)]

    def fetch_funding_history(
        self, symbol: str | None = None, since: Any = None, limit: Any = None, params: Params = None
    ) -> list[dict[str, Any]]:
        if symbol is not None and self._oms.exchange.symbol(symbol) not in self._oms.exchange.swaps:
            raise self._refusal("fetch_funding_history() supports linear and inverse contracts only")
        rows = self._select(Funding, "timestamp_ms", symbol, since, limit)
        return [unified_funding(row, self._oms.exchange.market(row.symbol)) for row in rows]

    def fetch_my_liquidations(
        self, symbol: str | None = None, since: Any = None, limit: Any = None, params: Params = None
    ) -> list[dict[str, Any]]:
        """The first `limit` from `since` on, without `since` the newest."""
        oms, most = self._oms, self._whole("limit", limit)
        if symbol is not None and oms.exchange.symbol(symbol) not in oms.exchange.swaps:
            raise self._refusal("fetch_my_liquidations() supports linear and inverse contracts only")
        orders = self._select(ExchangeOrder, "created_ms", symbol, since, None, status="closed")
        taken = [order.id for order in orders if LIQUIDATION in order.ticket.params]
        taken = taken if most is None else taken[:most] if since is not None else taken[-most:] if most else []
        trades = oms.storage.select(ExchangeTrade, order_id=taken)
        return [unified_liquidation(trade, oms.exchange.market(trade.symbol)) for trade in trades]

    def fetch_ledger(
        self, code: str | None = None, since: Any = None, limit: Any = None, params: Params = None
    ) -> list[dict[str, Any]]:
        """The first `limit` entries from `since` on, without `since` the newest."""
        start, most = self._whole("since", since), self._whole("limit", limit)
        found = [entry for entry in self._ledger() if code in (None, entry["currency"])]
        if start is not None:
            found = [entry for entry in found if entry["timestamp"] >= start]
        if most is None:
            return found
        return found[:most] if start is not None else found[-most:] if most else []

    def fetch_ledger_entry(self, id: Any, code: str | None = None, params: Params = None) -> dict[str, Any]:
        for entry in self._ledger():
            if entry["id"] == id and code in (None, entry["currency"]):
                return entry
        raise self._refusal(f"does not have ledger entry {id}")

    def _ledger(self) -> list[dict[str, Any]]:
        oms, account_id = self._oms, self._account_id
        trades = oms.storage.select(ExchangeTrade, account_id=account_id)
        fundings = oms.storage.select(Funding, account_id=account_id)
        held = oms.exchange.state(account_id).balances
        totals: dict[str, Decimal] = {currency: balance.free + balance.used for currency, balance in held.items()}
        return [unified_ledger_entry(entry) for entry in ledger(trades, fundings, totals, oms.exchange.markets)]
