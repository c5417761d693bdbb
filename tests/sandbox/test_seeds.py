"""What a new database begins with."""

from __future__ import annotations

from oms_ccxt_async.sandbox.rows import Account, ApiKey, Strategy
from oms_ccxt_async.sandbox.seeds import open_database
from tests.sandbox import support


def test_a_database_is_seeded_once() -> None:
    """Opening again adds nothing, and the keys of all roles are the same; a key that is given is one more trader."""
    storage = support.storage_at(":memory:")
    first = open_database(storage, profile="full", exchange_name="paper", api_key=None)
    again = open_database(storage, profile="full", exchange_name="paper", api_key=None)
    assert set(first) == {"trader", "readonly", "strategy-restricted", "admin", "closer"}
    assert again == first
    assert [len(storage.select(kind)) for kind in (Account, Strategy, ApiKey)] == [3, 2, 5]
    assert open_database(storage, profile="full", exchange_name="paper", api_key="one") == {**first, "trader": "one"}
    assert open_database(storage, profile="full", exchange_name="paper", api_key=None) == first
    assert len(storage.select(ApiKey)) == 6
    storage.close()


def test_every_database_has_its_own_keys() -> None:
    """Generated keys, salt and epoch differ from database to database."""
    made = []
    for _ in range(2):
        storage = support.storage_at(":memory:")
        keys = open_database(storage, profile="full", exchange_name="paper", api_key=None)
        made.append({*keys.values(), storage.meta("salt"), storage.meta("epoch")})
        storage.close()
    assert not made[0] & made[1]
