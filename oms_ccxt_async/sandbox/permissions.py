"""Who may do what: API keys, kept as salted hashes, and what they are permitted per account."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from oms_ccxt_async.sandbox.errors import OmsError, Surface, denied
from oms_ccxt_async.sandbox.rows import ApiKey, Permission

__all__ = ["Permissions", "digest"]

NONE = Permission(0, 0, can_read=False, can_trade=False, can_close=False, strategy_ids=None)


def digest(key: str, salt: str) -> str:
    """What is kept of a key: its SHA-256, keyed with the database's salt, in hex."""
    return hmac.digest(salt.encode(), key.encode(), hashlib.sha256).hex()


class Permissions:
    """The keys of one database and what they are granted.

    Args:
        salt: keys the hashes of this database.
        account_ids: the accounts that exist.
        full: whether refusals have the shape of a full OMS.
    """

    def __init__(self, salt: str, account_ids: Iterable[int], *, full: bool) -> None:
        self._salt = salt
        self._account_ids = frozenset(account_ids)
        self._full = full
        self._keys: list[ApiKey] = []
        self._grants: dict[tuple[int, int], Permission] = {}

    def add(self, key: ApiKey, grants: Iterable[Permission]) -> None:
        """Take up a key and what it may do."""
        self._keys.append(key)
        self._grants.update({(grant.api_key_id, grant.account_id): grant for grant in grants})

    def find(self, key: str) -> ApiKey | None:
        """The record of a key; it is compared with every one that is kept, in constant time."""
        sought = digest(key, self._salt)
        found = None
        for candidate in self._keys:
            if hmac.compare_digest(candidate.digest, sought):
                found = candidate
        return found

    def denied(self, code: str, surface: Surface, message: str | None = None) -> OmsError:
        """A refusal in the shape of this profile."""
        return denied(code, message, full=self._full, surface=surface)

    def authenticate(self, key: str, surface: Surface) -> ApiKey:
        """The record of a key that a request came with.

        Raises:
            OmsError: `missing_api_key`, `invalid_api_key`.
        """
        if not key:
            raise self.denied("missing_api_key", surface)
        found = self.find(key)
        if found is None:
            raise self.denied("invalid_api_key", surface)
        return found

    def grant(self, key: ApiKey, account_id: int) -> Permission:
        """What the key may do with the account; an admin may read every one and change none."""
        if key.is_admin:
            return Permission(key.api_key_id, account_id, True, False, False, None)
        return self._grants.get((key.api_key_id, account_id), NONE)

    def readable(self, key: ApiKey) -> list[int]:
        """The accounts that the key may read."""
        return sorted(account_id for account_id in self._account_ids if self.grant(key, account_id).can_read)

    def check_read(self, key: ApiKey, account_ids: Iterable[int], strategy_id: int | None) -> None:
        """Hold a read of these accounts, of one strategy or of all, against what the key may read.

        Raises:
            OmsError: `account_not_found`, `permission_denied`, `strategy_required` (fact 5),
                `strategy_permission_denied`.
        """
        for account_id in account_ids:
            grant = self.check_account_read(key, account_id)
            if grant.strategy_ids is not None and strategy_id is None:
                raise OmsError(400, "strategy_required", f"strategy_id is required for account_id={account_id}")
            if grant.strategy_ids is not None and strategy_id not in grant.strategy_ids:
                raise self.denied("strategy_permission_denied", "read", f"strategy_id={strategy_id}")

    def check_account_read(self, key: ApiKey, account_id: int) -> Permission:
        """Hold the account of a read against what the key may read.

        Raises:
            OmsError: `account_not_found`, `permission_denied`.
        """
        if account_id not in self._account_ids:
            raise OmsError(400, "account_not_found", f"account_id={account_id}")
        grant = self.grant(key, account_id)
        if not grant.can_read:
            raise self.denied("permission_denied", "read", f"account_id={account_id}")
        return grant

    def check_account(self, account_id: int) -> None:
        """Hold the account of a command or gateway call against those that exist.

        Raises:
            OmsError: `account_not_found`.
        """
        if account_id not in self._account_ids:
            raise OmsError(404, "account_not_found", "account_not_found")

    def check_trade(self, key: ApiKey, account_id: int, surface: Surface, *, reduces: bool = False) -> Permission:
        """Hold a change of the account against what the key may do; `reduces`: it can only make positions smaller.

        Raises:
            OmsError: `admin_read_only`, `permission_denied`.
        """
        if key.is_admin:
            raise self.denied("admin_read_only", surface)
        grant = self.grant(key, account_id)
        if not (grant.can_trade or (reduces and grant.can_close)):
            raise self.denied("permission_denied", surface)
        return grant
