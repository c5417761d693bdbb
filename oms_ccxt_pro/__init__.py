"""The ccxt.pro half of the driver: streaming over the OMS's WebSocket."""

from oms_ccxt_pro.delivery import EventsLost
from oms_ccxt_pro.exchange import oms

__all__ = ["EventsLost", "oms"]
