"""`oms_ccxt_async.wire.secret`: what is not shown by a repr, and is there all the same."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import orjson

from oms_ccxt_async.wire.secret import Config, Secret

KEY = "canary-key"


def test_a_secret_is_a_text() -> None:
    """It equals its text, and survives copies, pickles and JSON; its repr does not have it."""
    secret = Secret(KEY)
    assert secret == KEY
    assert hash(secret) == hash(KEY)
    assert orjson.dumps({"key": secret}) == b'{"key":"canary-key"}'
    for each in (secret, copy.deepcopy(secret), pickle.loads(pickle.dumps(secret))):
        assert (str(each), repr(each)) == (KEY, "'***'")
    assert KEY not in repr([secret, {"key": secret}])


def test_a_config_shows_no_credentials() -> None:
    """Neither ccxt's credentials nor secret headers nor what stands inside; the rest is shown."""
    given: dict[str, Any] = {
        "apiKey": KEY,
        "secret": KEY,
        "privateKey": KEY,
        "timeout": 5,
        "headers": {"Authorization": KEY, "X-API-Key": KEY, "x-desk": "7"},
        "options": {"account_id": 1, "api_key": KEY},
        "password": None,
    }
    config = Config(given)
    assert config == given
    assert KEY not in repr(config)
    assert "'timeout': 5" in repr(config)
    assert "'x-desk': '7'" in repr(config)
    assert "'password': None" in repr(config)
    assert repr(copy.deepcopy(config)) == repr(config)
