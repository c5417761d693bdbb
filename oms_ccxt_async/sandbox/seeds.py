"""What a new database begins with: three accounts, one per position mode, two strategies, and keys by role."""

from __future__ import annotations

import secrets
from decimal import Decimal

from oms_ccxt_async.sandbox.exchange import Balance
from oms_ccxt_async.sandbox.permissions import digest
from oms_ccxt_async.sandbox.rows import Account, ApiKey, Permission, PositionMode, Strategy
from oms_ccxt_async.sandbox.storage import Storage

__all__ = ["HOLDINGS", "TRADER", "open_database"]

MODES: dict[int, PositionMode] = {1: "hedge", 2: "netting", 3: "strategy_netting"}
HOLDINGS = {"USDT": Decimal(1_000_000), "BTC": Decimal(10), "ETH": Decimal(100)}
TRADER = "trader"


def open_database(storage: Storage, *, profile: str, exchange_name: str, api_key: str | None) -> dict[str, str]:
    """Seed a new database, or take up one that exists, and make sure that there is a trader's key.

    Keys are stored as hashes, so that of an existing database only the trader's can be told.

    Args:
        storage: the database.
        profile: `full` or `legacy`; a database keeps the one that it began with.
        exchange_name: ccxt's id of the exchange behind the accounts of a new database.
        api_key: the trader's key; None makes one up.

    Returns:
        the keys by role: `trader`, and in a new database `readonly` (account 1 only), `strategy-restricted` (account 1,
        strategy 1 only), `admin` and `closer`.

    Raises:
        ValueError: the database belongs to the other profile.
    """
    with storage.transaction():
        storage.lock_directory()
        if storage.meta("profile") is None:
            return _seed(storage, profile, exchange_name, api_key)
        if storage.meta("profile") != profile:
            raise ValueError(f"the database is of a {storage.meta('profile')} sandbox, not of a {profile} one")
        key = api_key or make_key(TRADER)
        if storage.get(ApiKey, digest=digest(key, storage.meta("salt") or "")) is None:
            _add_trader(storage, key)
        return {TRADER: key}


def make_key(role: str) -> str:
    """A new key that tells its role to a human reader."""
    return f"{role}-{secrets.token_urlsafe(18)}"


def _seed(storage: Storage, profile: str, exchange_name: str, api_key: str | None) -> dict[str, str]:
    storage.set_meta("profile", profile)
    storage.set_meta("salt", secrets.token_hex(32))
    storage.set_meta("epoch", secrets.token_hex(16))
    for account_id, mode in MODES.items():
        storage.insert(
            Account(
                account_id,
                label=f"paper-{mode}",
                exchange_id=f"ccxt.{exchange_name}",
                position_mode=mode,
                is_testnet=False,
                status="active",
                allow_new_positions=True,
            )
        )
        balances = {currency: Balance(free=amount, used=Decimal(0)) for currency, amount in HOLDINGS.items()}
        storage.store_holdings(account_id, balances, {})
    storage.insert(Strategy(1, None, "alpha", "active", list(MODES)))
    storage.insert(Strategy(2, 1001, "beta", "active", list(MODES)))
    keys = {TRADER: api_key or make_key(TRADER)}
    _add_key(storage, "admin", keys.setdefault("admin", make_key("admin")), is_admin=True)
    _add_trader(storage, keys[TRADER])
    for role, account_ids, can_trade, can_close, strategy_ids in (
        ("readonly", [1], False, False, None),
        ("strategy-restricted", [1], True, False, [1]),
        ("closer", list(MODES), False, True, None),
    ):
        key_id = _add_key(storage, role, keys.setdefault(role, make_key(role)))
        for account_id in account_ids:
            storage.insert(Permission(key_id, account_id, True, can_trade, can_close, strategy_ids))
    return keys


def _add_trader(storage: Storage, key: str) -> None:
    key_id = _add_key(storage, TRADER, key)
    for account in storage.select(Account):
        storage.insert(Permission(key_id, account.account_id, True, True, False, None))


def _add_key(storage: Storage, role: str, key: str, *, is_admin: bool = False) -> int:
    key_id = storage.newest(ApiKey) + 1
    storage.insert(ApiKey(key_id, role, is_admin, digest(key, storage.meta("salt") or "")))
    return key_id
