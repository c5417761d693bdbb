"""Where one command is worked: what it may see and touch of its account, and the transaction that it is done in."""

from __future__ import annotations

from contextlib import ExitStack

from oms_ccxt_async.sandbox.errors import OmsError, not_found
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.rows import HELD, Command, Order, Permission, Position

__all__ = ["Desk"]


class Desk:
    """Where one command is worked: the OMS, the account, what the key may do with it, and the open transaction."""

    def __init__(self, oms: OMS, account_id: int, grant: Permission, transaction: ExitStack) -> None:
        self.oms = oms
        self.account_id = account_id
        self.grant = grant
        self.taken_id: int | None = None
        self._transaction = transaction

    async def ask_exchange(self) -> None:
        """To be awaited before each call of the exchange: a legacy OMS commits what it has done so far, and waits.

        Raises:
            StorageUnavailable: it was not stored; the exchange is not asked.
        """
        if not self.oms.full:
            self._transaction.close()
            await self.oms.wait_for_exchange()
            self._transaction.enter_context(self.oms.transaction([self.account_id]))

    @property
    def command_id(self) -> int:
        """The command's id; a command refused by the first checks takes none."""
        if self.taken_id is None:
            self.taken_id = self.oms.next_id(Command)
        return self.taken_id

    def permit(self, strategy_id: int | None) -> None:
        """Hold a strategy, or with None all of them, against the key's restriction.

        Raises:
            OmsError: `strategy_permission_denied`.
        """
        allowed = self.grant.strategy_ids
        if allowed is not None and strategy_id not in allowed:
            raise self.oms.permissions.denied("strategy_permission_denied", "command")

    def check_strategy(self, strategy_id: int) -> None:
        """Hold a command's strategy against the key and the strategies of the account; 0 is no strategy.

        Raises:
            OmsError: `strategy_permission_denied`, `invalid_strategy_id`.
        """
        self.permit(strategy_id)
        strategy = self.oms.strategies.get(strategy_id)
        if strategy_id and (strategy is None or self.account_id not in strategy.account_ids):
            message = f"strategy_id={strategy_id} is not registered for account_id={self.account_id}"
            raise OmsError(422, "invalid_strategy_id", message)

    def order(self, order_id: int) -> Order:
        """The account's order with this id.

        Raises:
            OmsError: `order_not_found`, `strategy_permission_denied`.
        """
        order = self.oms.storage.get(Order, id=order_id, account_id=self.account_id)
        if order is None:
            raise not_found("order_not_found")
        self.permit(order.strategy_id)
        return order

    def position(self, position_id: int) -> Position:
        """The account's open position with this id.

        Raises:
            OmsError: `position_not_found`, `strategy_permission_denied`.
        """
        position = self.oms.storage.get(Position, id=position_id, account_id=self.account_id, state=HELD)
        if position is None:
            raise not_found("position_not_found")
        self.permit(position.strategy_id)
        return position

    def position_for_order(self, position_id: int, symbol: str) -> Position | None:
        """The open position that an order names, in the order's symbol; None where it names none (0).

        Raises:
            OmsError: `invalid_position_id`, `strategy_permission_denied`.
        """
        if not position_id:
            return None
        position = self.oms.storage.get(Position, id=position_id, account_id=self.account_id, state=HELD)
        if position is None or position.symbol != symbol:
            raise OmsError(400, "invalid_position_id", "position_id does not exist or is incompatible")
        self.permit(position.strategy_id)
        return position

    def check_client_order_id(self, client_order_id: str | None) -> None:
        """In a full OMS, refuse a client order id that the account has used (extension 2).

        Raises:
            OmsError: `duplicate_client_order_id`, with the id of the first order.
        """
        if client_order_id is None or not self.oms.full:
            return
        first = self.oms.storage.get(Order, account_id=self.account_id, client_order_id=client_order_id)
        if first is not None:
            message = f"client_order_id={client_order_id} is order {first.id}"
            raise OmsError(409, "duplicate_client_order_id", message, order_id=first.id)
