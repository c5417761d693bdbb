"""Which exchanges ccxt has. Imports nothing of ccxt, which takes a second."""

from __future__ import annotations

import difflib
import functools
from importlib.util import find_spec
from pathlib import Path

__all__ = ["unknown"]


@functools.cache
def _ids() -> frozenset[str]:
    found = find_spec("ccxt")
    homes = () if found is None else found.submodule_search_locations or ()
    return frozenset(path.stem for home in homes for path in Path(home).glob("*.py") if not path.stem.startswith("_"))


def unknown(name: str) -> str | None:
    """What is wrong with an exchange id, with the nearest that there is; None if ccxt has it."""
    if name in _ids():
        return None
    near = difflib.get_close_matches(name, _ids(), 1)
    return f"ccxt has no exchange {name!r}" + (f"; did you mean {near[0]}?" if near else "")
