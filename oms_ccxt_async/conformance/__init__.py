"""What an OMS must answer for the driver to keep its promises, asked of one over HTTP and WebSocket alone.

Nothing here goes through the driver, so that a mistake of the driver does not hide one of the OMS.
"""

from __future__ import annotations

from oms_ccxt_async.conformance.examination import RULES, Verdict, examine
from oms_ccxt_async.conformance.rule import Order, Rule

__all__ = ["RULES", "Order", "Rule", "Verdict", "examine"]
