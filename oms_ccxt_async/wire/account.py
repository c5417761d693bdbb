"""What stands behind an account: exchange id, position mode, server features."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from ccxt.base.errors import NotSupported

from oms_ccxt_async import errors
from oms_ccxt_async.wire.settings import Settings
from oms_ccxt_async.wire.transport import Request, Transport

__all__ = ["Account", "AccountFacts"]


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the OMS says of the account and of itself.

    Attributes:
        exchange_id: the ccxt id of the exchange behind the account (`binance` for `ccxt.binance`, fact 20).
        position_mode: `hedge`, `netting` or `strategy_netting`.
        features: the extensions that the server lists; empty for a legacy OMS.
        full: whether the server maintains `filled_qty`, `avg_fill_price` and the terminal statuses (fact 19 otherwise).
    """

    exchange_id: str
    position_mode: str
    features: frozenset[str]
    full: bool = field(init=False)

    @property
    def hedged(self) -> bool:
        return self.position_mode == "hedge"

    @property
    def by_ids(self) -> bool:
        return "by_ids" in self.features

    @property
    def idempotent(self) -> bool:
        return "idempotency" in self.features

    def __post_init__(self) -> None:
        object.__setattr__(self, "full", bool(self.features))


class Account:
    """The account's facts, asked once and remembered.

    Args:
        transport: how to ask.
        settings: which account.
    """

    def __init__(self, transport: Transport, settings: Settings) -> None:
        self._transport = transport
        self._settings = settings
        # By address and account: the question under way, and its answer. `forget()` clears both.
        self._asking: dict[tuple[str, int], asyncio.Task[AccountFacts]] = {}
        self._known: dict[tuple[str, int], AccountFacts] = {}

    @property
    def known(self) -> AccountFacts | None:
        """The facts, if they have been asked already."""
        return self._known.get(self._key())

    def forget(self) -> None:
        """Ask again when the facts are needed next: another connection may meet another server."""
        self._known.clear()
        self._asking.clear()

    def _key(self) -> tuple[str, int]:
        return self._settings.place

    async def facts(self) -> AccountFacts:
        """The account's facts; concurrent callers share the requests.

        Raises:
            ccxt.AccountNotEnabled: the key may not see this account, or it does not exist.
            ccxt.BaseError: as the requests raise it.
        """
        key = self._key()
        if key in self._known:
            return self._known[key]
        task = self._asking.get(key)
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._asking[key] = asyncio.create_task(self._ask(key[1]))
            task.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        facts = await asyncio.shield(task)
        if self._asking.get(key) is task:
            self._known[key] = facts
        return facts

    async def rows(self) -> list[dict[str, Any]]:
        """The accounts that the key may see."""
        answer = await self._transport.send(Request("GET", "/oms/accounts", "fetch_accounts()", "items"))
        return [row for row in answer["items"] if isinstance(row, dict)]

    async def health(self) -> dict[str, Any]:
        """What `GET /healthz` answers."""
        return await self._transport.send(Request("GET", "/healthz", "fetch_status()", "status"))

    async def _ask(self, account_id: int) -> AccountFacts:
        rows, features = await asyncio.gather(self.rows(), self._features())
        row = next((row for row in rows if row.get("account_id") == account_id), None)
        if row is None:
            seen = ", ".join(str(row.get("account_id")) for row in rows) or "none"
            raise errors.AccountNotEnabled(
                f"oms account {account_id} is not among the accounts of this key ({seen}); "
                'check options["account_id"] and apiKey'
            )
        exchange_id = str(row.get("exchange_id") or "").rpartition(".")[2]
        return AccountFacts(exchange_id, str(row.get("position_mode") or ""), features)

    async def _features(self) -> frozenset[str]:
        try:
            features = (await self.health()).get("features")
        except NotSupported:
            return frozenset()
        return frozenset(str(name) for name in features) if isinstance(features, list) else frozenset()
