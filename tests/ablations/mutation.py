"""What a mutation is, and where the tests are that catch it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DRIVER", "FAULTS", "PRO", "SANDBOX", "Mutation"]

FAULTS = "tests/faults"
DRIVER = "tests/oms_ccxt_async"
PRO = "tests/oms_ccxt_pro"
SANDBOX = "tests/sandbox"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mistake.

    Attributes:
        name: what it is.
        file: where, from the root of the repository.
        text, replacement: what stands there once, and what stands there instead.
        breaks: what goes wrong with it, in a sentence.
        tests: those that have to fail, as pytest takes them.
    """

    name: str
    file: str
    text: str
    replacement: str
    breaks: str
    tests: tuple[str, ...]
