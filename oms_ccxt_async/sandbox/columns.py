"""What the OMS's columns hold: so many characters, numbers of 18 digits before the decimal point."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oms_ccxt_async.sandbox.errors import OmsError, invalid

__all__ = ["check_columns"]

WIDTHS = {"client_order_id": 128, "reason": 32, "comment": 255, "symbol": 64, "request_id": 128, "name": 128}
TEXTS = (*WIDTHS, "order_type")
NUMBERS = ("qty", "price", "stop_loss", "stop_gain")
DIGITS = 18


def check_columns(record: Any, *, full: bool) -> None:
    """Hold the fields of a record that is to be stored against what their columns hold.

    Raises:
        OmsError: one does not fit; in the words of the recorded OMS's database (fact 31), in a full OMS a
            `validation_error`.
    """
    for name in TEXTS if full else ():
        if "\0" in (getattr(record, name, None) or ""):
            raise invalid(f"{name} has a character that not every database holds")
    for name, width in WIDTHS.items():
        text = getattr(record, name, None)
        if text is not None and len(text) > width:
            if full:
                raise invalid(f"{name} is longer than {width} characters")
            raise OmsError(400, "internal_error", f"(1406, \"Data too long for column '{name}' at row 1\")")
    for name in NUMBERS:
        number: Decimal | None = getattr(record, name, None)
        if number is not None and number.adjusted() >= DIGITS:
            if full:
                raise invalid(f"{name} has more than {DIGITS} digits before the decimal point")
            raise OmsError(400, "internal_error", f"(1264, \"Out of range value for column '{name}' at row 1\")")
