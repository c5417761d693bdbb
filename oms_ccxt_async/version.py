"""Which version this is."""

__all__ = ["AGENT"]
__version__ = "0.2.0"
AGENT = f"oms-ccxt/{__version__}"
"""What requests and sockets call themselves."""
