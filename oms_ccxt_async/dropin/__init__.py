"""Programs that were written for ccxt: `ccxt.oms` exists in them, or the OMS stands in for another exchange."""
