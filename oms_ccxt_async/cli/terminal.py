"""Where the commands write."""

from __future__ import annotations

import sys

from rich.console import Console

__all__ = ["console"]

PIPED_WIDTH = 120
"""Columns where there is no terminal; rich would fold at 80."""


def console() -> Console:
    """The process's standard output, as it is now."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)
