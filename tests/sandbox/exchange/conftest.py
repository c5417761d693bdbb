"""What several rooms of the exchange are tried on."""

from __future__ import annotations

import pytest

from tests.sandbox.exchange.support import Floor


@pytest.fixture
def moving() -> Floor:
    """An exchange whose market moves."""
    return Floor(volatility=1.0)
