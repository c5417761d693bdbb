"""The page of `oms-ccxt dashboard`."""
