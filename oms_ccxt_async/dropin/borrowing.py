"""What ccxt's class of an exchange has and ours has not, on the class that stands in for it."""

from __future__ import annotations

from typing import Any

import ccxt.async_support

from oms_ccxt_async.exchange.foreign import borrowed

__all__ = ["Borrowing"]


class Borrowing:
    """Implicit endpoints (`fapiPrivateGetPositionRisk`) and public methods of that class alone (`is_unified_enabled`),
    in both spellings.

    They run on this exchange: whatever they ask is asked through `fetch2`, which lets an endpoint of the exchange pass
    only if it is known to read, or to set leverage, margin mode or position mode. ccxt.pro's methods, which open
    sockets of their own, are not among them.
    """

    _identity: str

    def __getattr__(self, name: str) -> Any:
        module = "ccxt.async_support" if isinstance(self, ccxt.async_support.Exchange) else "ccxt"
        try:
            found = borrowed(module, self._identity, name)
        except AttributeError:
            raise AttributeError(
                f"oms stands in for {self._identity} and has no {name!r} of its own: docs/drop_in.md says what there is"
            ) from None
        return found.__get__(self, type(self))
