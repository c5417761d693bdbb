"""The unified methods about what an account holds: balance, fees, currencies, and what comes in and goes out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oms_ccxt_async.sandbox.exchange.accounts import Account
from oms_ccxt_async.sandbox.exchange.model import ExchangeRefusal
from oms_ccxt_async.sandbox.exchange.questions import Params, Questions
from oms_ccxt_async.sandbox.exchange.unified import unified_fee

__all__ = ["Wallet"]

_PLACES = Decimal("1e-8")
"""To what balances are told: with more, the free and the used of a million would not be the total as floats."""

_NETWORKS: dict[str, dict[str, tuple[str, float, float]]] = {
    "BTC": {"BTC": ("BTC", 0.0001, 0.0002)},
    "ETH": {"ERC20": ("ETH", 0.001, 0.002), "ARBITRUM": ("ARBITRUM", 0.0001, 0.0008)},
    "USDT": {"ERC20": ("ETH", 3.0, 10.0), "TRC20": ("TRX", 1.0, 10.0)},
    "SOL": {"SOL": ("SOL", 0.001, 0.1)},
    "XRP": {"XRP": ("XRP", 0.2, 30.0)},
    "LTC": {"LTC": ("LTC", 0.0001, 0.002)},
    "DOGE": {"DOGE": ("DOGE", 1.0, 10.0)},
}
"""By currency and network, as ccxt names it: the exchange's own name, the fee of a withdrawal, the smallest one."""
_NAMES = {
    "BTC": "Bitcoin",
    "ETH": "Ethereum",
    "USDT": "Tether",
    "SOL": "Solana",
    "XRP": "XRP",
    "LTC": "Litecoin",
    "DOGE": "Dogecoin",
}


class Wallet(Questions):
    """Every public method is the unified ccxt method of its name, after the account that asks."""

    def fetch_balance(self, account: Account, params: Params = None) -> dict[str, Any]:
        balances = {}
        for code, held in account.state().balances.items():
            used, total = (value.quantize(_PLACES) for value in (held.used, held.free + held.used))
            balances[code] = {"free": float(total - used), "used": float(used), "total": float(total)}
        by_part = {part: {code: held[part] for code, held in balances.items()} for part in ("free", "used", "total")}
        return {"info": {}, **balances, **by_part}

    def fetch_trading_fee(self, account: Account, symbol: str, params: Params = None) -> dict[str, Any]:
        return unified_fee(self._market(symbol))

    def fetch_trading_fees(self, account: Account, params: Params = None) -> dict[str, Any]:
        return {symbol: unified_fee(market) for symbol, market in self._prices.markets.items()}

    def fetch_currencies(self, account: Account, params: Params = None) -> dict[str, Any]:
        return {code: _currency(code) for code in self._prices.markets.currencies}

    def fetch_deposit_withdraw_fees(
        self, account: Account, codes: list[str] | None = None, params: Params = None
    ) -> dict[str, Any]:
        if codes is not None and not isinstance(codes, list):
            raise ExchangeRefusal(f"{self._name} codes must be a list, not {codes}")
        wanted = self._prices.markets.currencies if codes is None else [self._code(code) for code in codes]
        return {code: _fees(code) for code in wanted}

    def fetch_transaction_fees(
        self, account: Account, codes: list[str] | None = None, params: Params = None
    ) -> dict[str, Any]:
        fees = self.fetch_deposit_withdraw_fees(account, codes)
        withdraw = {code: _by_network(fee, "withdraw") for code, fee in fees.items()}
        return {"withdraw": withdraw, "deposit": {code: _by_network(fee, "deposit") for code, fee in fees.items()}}

    def fetch_deposits(
        self,
        account: Account,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> list[dict[str, Any]]:
        """Nothing: an account begins with what it has, and nothing comes in or goes out."""
        if code is not None:
            self._code(code)
        self._whole("since", since)
        self._whole("limit", limit)
        return []

    fetch_withdrawals = fetch_deposits
    fetch_deposits_withdrawals = fetch_deposits
    fetch_transactions = fetch_deposits

    def _code(self, code: object) -> str:
        if code not in self._prices.markets.currencies:
            raise ExchangeRefusal(f"{self._name} does not have currency code {code}")
        return str(code)


def _currency(code: str) -> dict[str, Any]:
    """A currency that can be moved on its networks, at its cheapest fee."""
    networks = {
        network: {
            "info": {},
            "id": own_name,
            "network": network,
            "name": own_name,
            "active": True,
            "deposit": True,
            "withdraw": True,
            "fee": fee,
            "precision": 1e-8,
            "limits": {
                "withdraw": {"min": smallest, "max": None},
                "deposit": {"min": None, "max": None},
            },
        }
        for network, (own_name, fee, smallest) in _NETWORKS.get(code, {}).items()
    }
    return {
        "info": {},
        "id": code,
        "numericId": None,
        "code": code,
        "precision": 1e-8,
        "type": "crypto",
        "name": _NAMES.get(code, code),
        "active": True,
        "deposit": True,
        "withdraw": True,
        "fee": min((fee for _, fee, _ in _NETWORKS.get(code, {}).values()), default=None),
        "fees": {},
        "networks": networks,
        "limits": {
            "amount": {"min": None, "max": None},
            "deposit": {"min": None, "max": None},
            "withdraw": {
                "min": min((smallest for _, _, smallest in _NETWORKS.get(code, {}).values()), default=None),
                "max": None,
            },
        },
    }


def _fees(code: str) -> dict[str, Any]:
    networks = {
        network: {
            "withdraw": {"fee": fee, "percentage": False},
            "deposit": {"fee": 0.0, "percentage": False},
        }
        for network, (_, fee, _) in _NETWORKS.get(code, {}).items()
    }
    unknown: dict[str, Any] = {way: {"fee": None, "percentage": None} for way in ("withdraw", "deposit")}
    cheapest = min(networks.values(), key=lambda fees: fees["withdraw"]["fee"], default=unknown)
    return {"info": {}, **cheapest, "networks": networks}


def _by_network(fees: dict[str, Any], way: str) -> dict[str, float]:
    return {network: fee[way]["fee"] for network, fee in fees["networks"].items()}
