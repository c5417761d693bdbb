"""Tests that need a framework written for ccxt (extra `dropin`)."""

from __future__ import annotations

import importlib.util
import os

import pytest

__all__ = ["required"]


def required(module: str) -> pytest.MarkDecorator:
    """Skip where a framework is not installed; not in CI, where its test is to fail then."""
    missing = importlib.util.find_spec(module) is None and not os.environ.get("CI")
    return pytest.mark.skipif(missing, reason=f"{module} is not installed: make frameworks")
