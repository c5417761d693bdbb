"""A web server that trades what a chart's alerts post to it, and keeps nobody waiting who sends nonsense."""

# as: bybit
# orders: BTC/USDT:USDT buy market 0.05 filled
# orders: BTC/USDT:USDT sell market 0.02 filled
# fills: BTC/USDT:USDT buy 0.05
# fills: BTC/USDT:USDT sell 0.02
# positions: BTC/USDT:USDT long 0.03
# last: 400 BadSymbol
import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import ccxt

exchange = ccxt.bybit({"apiKey": "key", "secret": "secret", "options": {"defaultType": "swap"}})


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        signal = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            params = {"reduceOnly": True} if signal.get("close") else {}
            order = exchange.create_order(signal["ticker"], "market", signal["action"], signal["qty"], None, params)
            status, answer = 200, {"id": order["id"], "status": order["status"]}
        except ccxt.BaseError as e:
            status, answer = 400, {"error": type(e).__name__}
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
alerts = [
    {"ticker": "BTC/USDT:USDT", "action": "buy", "qty": 0.05},
    {"ticker": "BTC/USDT:USDT", "action": "sell", "qty": 0.02, "close": True},
    {"ticker": "NOPE/USDT:USDT", "action": "buy", "qty": 1},
]
for alert in alerts:
    url = f"http://127.0.0.1:{server.server_port}/webhook"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(alert).encode())) as response:
            print(json.load(response)["status"])
    except urllib.error.HTTPError as e:
        print(e.code, json.load(e)["error"])
server.shutdown()
