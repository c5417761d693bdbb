"""OMSes in other threads, for code without an event loop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.oms_ccxt_async.elsewhere import Elsewhere, elsewhere


@pytest.fixture(scope="module", params=["full", "legacy"])
def oms(request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    """An OMS of each profile in turn, in another thread."""
    with elsewhere(request.param) as oms:
        yield oms


@pytest.fixture(scope="module")
def full() -> Iterator[Elsewhere]:
    """A full OMS in another thread."""
    with elsewhere("full") as oms:
        yield oms


@pytest.fixture(scope="module")
def legacy() -> Iterator[Elsewhere]:
    """A legacy OMS in another thread."""
    with elsewhere("legacy") as oms:
        yield oms
