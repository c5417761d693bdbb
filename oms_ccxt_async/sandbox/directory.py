"""The accounts and strategies that a key may see, and how a strategy comes into being."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from oms_ccxt_async.sandbox.columns import check_columns
from oms_ccxt_async.sandbox.errors import OmsError, invalid
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.rows import MAX_ID, Strategy
from oms_ccxt_async.sandbox.schemas import CreateStrategyInput

__all__ = ["accounts", "create_strategy", "strategies"]


def accounts(oms: OMS, key: str) -> list[dict[str, Any]]:
    """The accounts that the key may read, and what else it may do with them.

    Raises:
        OmsError: an unknown key.
    """
    api_key = oms.permissions.authenticate(key, "read")
    items = []
    for account_id in oms.permissions.readable(api_key):
        account, grant = oms.accounts[account_id], oms.permissions.grant(api_key, account_id)
        items.append(
            {
                "account_id": account_id,
                "label": account.label,
                "exchange_id": account.exchange_id,
                "position_mode": account.position_mode,
                "is_testnet": account.is_testnet,
                "status": account.status,
                "allow_new_positions": account.allow_new_positions,
                "can_read": grant.can_read,
                "can_trade": grant.can_trade,
                "can_risk_manage": grant.can_close,
            }
        )
    return items


def strategies(oms: OMS, key: str) -> list[Strategy]:
    """The strategies of the accounts that the key may read, each with those of its accounts.

    Raises:
        OmsError: an unknown key.
    """
    readable = set(oms.permissions.readable(oms.permissions.authenticate(key, "read")))
    shown = []
    for strategy in oms.strategies.values():
        account_ids = [account_id for account_id in strategy.account_ids if account_id in readable]
        if account_ids:
            shown.append(replace(strategy, account_ids=account_ids))
    return shown


def create_strategy(oms: OMS, key: str, wanted: CreateStrategyInput) -> int:
    """Register a strategy for some accounts, or for all; its id.

    Raises:
        OmsError: an unknown key or one that may not trade these accounts, an unknown account, a name that is taken.
        StorageUnavailable: it was not stored.
    """
    api_key = oms.permissions.authenticate(key, "command")
    account_ids = list(dict.fromkeys(wanted.account_ids)) or list(oms.accounts)
    for account_id in account_ids:
        oms.permissions.check_account(api_key, account_id)
        grant = oms.permissions.check_trade(api_key, account_id, "command")
        if grant.strategy_ids is not None:
            raise oms.permissions.denied("strategy_permission_denied", "command")
    with oms.storage.transaction():
        oms.storage.lock_directory()
        known = oms.storage.select(Strategy)
        if any(strategy.name == wanted.name for strategy in known):
            raise OmsError(409, "duplicate_strategy", f"strategy {wanted.name} exists")
        if wanted.client_strategy_id is not None and wanted.client_strategy_id > MAX_ID:
            raise invalid("client_strategy_id is out of range")
        strategy_id = max((strategy.strategy_id for strategy in known), default=0) + 1
        strategy = Strategy(strategy_id, wanted.client_strategy_id, wanted.name, "active", account_ids)
        check_columns(strategy, full=oms.full)
        oms.storage.insert(strategy)
    oms.strategies[strategy_id] = strategy
    return strategy_id
