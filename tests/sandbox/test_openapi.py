"""The schema that the sandbox publishes, held against what it answers, by schemathesis: no crash, nothing undocumented.

`make fuzz` looks twenty times as long.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from oms_ccxt_async.sandbox import Sandbox

TIMES = int(os.environ.get("FUZZ", "1"))
EXAMPLES = 7 * TIMES
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
ROLES = ("trader", "admin", "nobody")
TODAY = datetime.now(UTC).date().isoformat()
REAL: dict[str, Any] = {"account_id": 1, "account_ids": "1", "start_date": TODAY, "end_date": TODAY, "ids": "1,2"}
"""Without these, hardly a request would get past the first checks."""


def without_zones(schema: Any) -> Any:
    """The schema without the format of times: the recorded one says `date-time`, and times have no zone (fact 15)."""
    if isinstance(schema, dict):
        return {key: without_zones(each) for key, each in schema.items() if (key, each) != ("format", "date-time")}
    return [without_zones(each) for each in schema] if isinstance(schema, list) else schema


@pytest.fixture(params=["full", "legacy"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """An OMS of each profile, whose account has an order, a deal and a position."""
    with Sandbox(profile=request.param, volatility=0) as sandbox:
        order = {"symbol": "BTC/USDT", "side": "buy", "order_type": "market", "qty": "0.5"}
        command: Any = {"account_id": 1, "command": "send_order", "payload": order}
        headers = {"x-api-key": sandbox.keys["trader"]}
        assert (
            requests.post(sandbox.url + "/oms/commands", json=command, headers=headers, timeout=10).status_code == 200
        )
        yield sandbox


@pytest.mark.timeout(300 * TIMES)
def test_every_answer_is_documented(sandbox: Sandbox) -> None:
    """Whatever is sent, after the schema or against it: the status is a documented one, the body is of its schema, and
    no answer is a server's error but those that the contract has: what the exchange said, and in a legacy OMS an
    unknown key (502) or a merged position (500, fact 28)."""
    published = requests.get(sandbox.url + "/openapi.json", timeout=10).json()
    schema = schemathesis.openapi.from_dict(without_zones(published))
    schema.config.update(base_url=sandbox.url)
    answered: Counter[int] = Counter()
    session = requests.Session()

    def look(operation: Any, mode: Any) -> None:
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(
            operation.as_strategy(generation_mode=mode), st.booleans(), st.sampled_from(["trader", "admin", "nobody"])
        )
        def asked(case: Any, real: bool, role: str) -> None:
            for place in (case.path_parameters, case.query, case.body) if real else ():
                if isinstance(place, dict):
                    place.update({name: REAL[name] for name in REAL.keys() & place.keys()})
            headers = {"x-api-key": sandbox.keys.get(role, role)}
            response = case.call(headers=headers, session=session)
            case.validate_response(response, checks=CHECKS)
            answered[response.status_code] += 1
            if response.status_code >= 500:
                body = response.json() if response.status_code == 502 else None
                assert body is None or body["detail"]["code"] == "dispatcher_error", response.text
                assert body is not None or case.operation.path == "/oms/positions/history", response.text

        with suppress(Unsatisfiable):  # against a schema that allows everything nothing can be sent
            asked()

    operations: list[Any] = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]
    for operation in operations:
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            look(operation, mode)
    assert requests.get(sandbox.url + "/healthz", timeout=10).json()["status"] == "ok"
    assert answered[200] > 40
    assert answered[422] > 40
