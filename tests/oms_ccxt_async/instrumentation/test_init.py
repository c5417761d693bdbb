"""What the package of hooks has."""

from __future__ import annotations

import subprocess
import sys

import pytest

from oms_ccxt_async import instrumentation


def test_what_hooks_are_told_is_loaded_when_it_is_wanted() -> None:
    """A program without hooks does not wait for it; one that names it has it."""
    program = """
import sys
import oms_ccxt_pro
oms_ccxt_pro.oms
assert "oms_ccxt_async.instrumentation.events" not in sys.modules
from oms_ccxt_async.instrumentation import RequestDone
assert RequestDone.__module__ == "oms_ccxt_async.instrumentation.events"
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_is_not_there_is_said() -> None:
    """A name that the package does not have is Python's own error."""
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = instrumentation.Nothing
