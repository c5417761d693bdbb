"""In a hedging account both sides of one market are held at once."""
# legacy: a legacy OMS books fills that it finds at the exchange as positions of their own

import ccxt

exchange = ccxt.oms({"options": {"account_id": 1}})
symbol = "BTC/USDT:USDT"
exchange.create_order(symbol, "market", "buy", 0.02, None, {"hedged": True})
exchange.create_order(symbol, "market", "sell", 0.01, None, {"hedged": True})
while len(positions := exchange.fetch_positions([symbol])) < 2:
    exchange.sleep(20)
assert {position["side"]: position["contracts"] for position in positions} == {"long": 0.02, "short": 0.01}
assert all(position["hedged"] for position in positions)
[position] = [position for position in positions if position["side"] == "short"]
exchange.create_order(symbol, "market", "buy", 0.01, None, {"reduceOnly": True, "position_id": position["id"]})
while len(positions := exchange.fetch_positions([symbol])) > 1:
    exchange.sleep(20)
assert [position["side"] for position in positions] == ["long"]
