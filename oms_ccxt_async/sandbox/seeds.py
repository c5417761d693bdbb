"""What a new database begins with: three accounts, one per position mode, two strategies, and keys by role."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection
from decimal import Decimal

from oms_ccxt_async.sandbox.exchange import Balance
from oms_ccxt_async.sandbox.permissions import digest
from oms_ccxt_async.sandbox.rows import Account, ApiKey, Permission, PositionMode, Strategy
from oms_ccxt_async.sandbox.storage import Storage

__all__ = ["DOLLARS", "HOLDINGS", "TRADER", "open_database"]

MODES: dict[int, PositionMode] = {1: "hedge", 2: "netting", 3: "strategy_netting"}
MILLION = Decimal(1_000_000)
HOLDINGS = {"USDT": MILLION, "BTC": Decimal(10), "ETH": Decimal(100)}
DOLLARS = ("USDC", "USD", "EUR")
"""What an account on a real exchange's prices begins with a million of, too, where they are traded."""
TRADER = "trader"
RIGHTS: dict[str, tuple[list[int], bool, bool, list[int] | None]] = {
    "readonly": ([1], False, False, None),
    "strategy-restricted": ([1], True, False, [1]),
    "closer": (list(MODES), False, True, None),
}
"""What the other roles may do: on which accounts, whether they may trade, whether they may close, which strategies."""


def open_database(
    storage: Storage,
    *,
    profile: str,
    exchange_name: str,
    api_key: str | None,
    prices: str = "simulated",
    millions: Collection[str] = (),
) -> dict[str, str]:
    """Seed a new database, or take up one that exists, and make sure that there is a trader's key.

    A key is checked by its hash, as in any OMS. All of them are made of one secret of the database, so that they are
    the same whenever it is opened: this is paper money, and whoever can read the file can trade it anyway.

    Args:
        storage: the database.
        profile: `full` or `legacy`; a database keeps the one that it began with.
        exchange_name: ccxt's id of the exchange behind the accounts of a new database.
        api_key: the trader's key; None is the one that the database makes. One that was given before still is a key.
        prices: whose prices its exchange has; a database keeps those, too.
        millions: of which currencies an account begins with a million, beyond what every account has.

    Returns:
        the keys by role: `trader`, `admin`, `readonly` (account 1 only), `strategy-restricted` (account 1, strategy 1
        only) and `closer`.

    Raises:
        ValueError: the database belongs to the other profile, or to other prices.
    """
    with storage.transaction():
        storage.lock_directory()
        if storage.meta("profile") is None:
            storage.set_meta("prices", prices)
            _seed(storage, profile, exchange_name, millions)
        if storage.meta("profile") != profile:
            raise ValueError(f"the database is of a {storage.meta('profile')} sandbox, not of a {profile} one")
        begun = storage.meta("prices") or "simulated"
        if begun != prices:
            raise ValueError(f"the database has lived on {begun} prices, and cannot go on with {prices} ones")
        if storage.meta("key_secret") is None:
            storage.set_meta("key_secret", secrets.token_hex(32))
        secret = storage.meta("key_secret") or ""
        keys = {role: _made(role, secret) for role in (TRADER, "admin", *RIGHTS)}
        keys[TRADER] = api_key or keys[TRADER]
        for role, key in keys.items():
            if storage.get(ApiKey, digest=digest(key, storage.meta("salt") or "")) is None:
                _add(storage, role, key)
        return keys


def _made(role: str, secret: str) -> str:
    """The database's key for a role, which it tells to a human reader."""
    made = hmac.digest(secret.encode(), role.encode(), hashlib.sha256)[:18]
    return f"{role}-{base64.urlsafe_b64encode(made).decode()}"


def _seed(storage: Storage, profile: str, exchange_name: str, millions: Collection[str]) -> None:
    holdings = dict.fromkeys(millions, MILLION) | HOLDINGS
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
        balances = {currency: Balance(free=amount, used=Decimal(0)) for currency, amount in holdings.items()}
        storage.store_holdings(account_id, balances, {})
    storage.insert(Strategy(1, None, "alpha", "active", list(MODES)))
    storage.insert(Strategy(2, 1001, "beta", "active", list(MODES)))


def _add(storage: Storage, role: str, key: str) -> None:
    key_id = storage.newest(ApiKey) + 1
    storage.insert(ApiKey(key_id, role, role == "admin", digest(key, storage.meta("salt") or "")))
    if role == TRADER:
        for account in storage.select(Account):
            storage.insert(Permission(key_id, account.account_id, True, True, False, None))
    elif role in RIGHTS:
        account_ids, can_trade, can_close, strategy_ids = RIGHTS[role]
        for account_id in account_ids:
            storage.insert(Permission(key_id, account_id, True, can_trade, can_close, strategy_ids))
