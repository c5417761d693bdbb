"""ccxt's own classes under `oms-ccxt run`: what is public works, and nothing private gets out."""

from __future__ import annotations

import asyncio
import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.oms_ccxt_async.cli.test_run import run

PROGRAM = Path(__file__).parent / "programs" / "every_endpoint.py"


def asked(cwd: Path, *args: str) -> dict[str, Any]:
    """What became of every endpoint and private watch method."""
    code, printed, errors = run(*args, cwd=cwd, patience=240)
    assert (code, errors) == (0, "")
    told: dict[str, Any] = json.loads(printed)
    return told


def test_no_endpoint_of_any_class(tmp_path: Path) -> None:
    """Of all that ccxt can ask, what is private is refused, in one sentence, and what is sent holds no credential."""
    result = asked(tmp_path, str(PROGRAM))
    assert (result["unrefused"], result["leaked"]) == ([], [])
    assert result["told"]["PermissionDenied"] > 20_000
    assert result["told"]["done"] > 5_000  # what is public


def test_what_is_public_and_asks_for_a_key(tmp_path: Path) -> None:
    """A class that puts a key into public requests, too, sends them without."""
    result = asked(tmp_path, str(PROGRAM), "blockchaincom")
    assert (result["told"]["done"], result["leaked"]) == (12, [])


def test_an_exchange_that_is_allowed(tmp_path: Path) -> None:
    """With `--allow` an exchange, and no other one, is as ccxt has it: its key leaves."""
    result = asked(tmp_path, "--allow", "kraken", str(PROGRAM), "kraken", "krakenfutures")
    assert {each.split()[0] for each in result["leaked"]} == {"kraken"}
    assert {each.split()[0] for each in result["unrefused"]} == {"kraken"}


def test_a_package_whose_name_begins_like_ours(tmp_path: Path) -> None:
    """A program's own class is the exchange that it is made of, whatever its package is called."""
    (tmp_path / "oms_ccxt_desk.py").write_text("import ccxt\n\nclass Mine(ccxt.kraken):\n    pass\n")
    (tmp_path / "bot.py").write_text(
        "import ccxt, oms_ccxt_desk\n"
        "mine = oms_ccxt_desk.Mine({'apiKey': 'k' * 40, 'secret': 'c2VjcmV0c2VjcmV0', 'timeout': 1})\n"
        "try:\n    mine.privatePostBalance()\n"
        "except ccxt.PermissionDenied as error:\n    print(error)\n"
    )
    code, printed, errors = run("bot.py", cwd=tmp_path)
    assert (code, errors) == (0, "")
    assert printed.startswith("oms-ccxt run: kraken may only do what is public")


SERVER = """
    import http.server, json, threading

    class Handler(http.server.BaseHTTPRequestHandler):
        seen = []
        def do_GET(self):
            self.seen.append((self.path, str(self.headers)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"error": [], "result": {"unixtime": 1}}).encode())
        do_POST = do_GET
        def log_message(self, *_): pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
"""
BOTS = {
    "a bot": """
        import ccxt
        exchange = ccxt.kraken(config)
    """,
    "the class itself": """
        from ccxt.kraken import kraken
        exchange = kraken(config)
    """,
    "a class of its own": """
        import ccxt
        class mine(ccxt.kraken):
            def sign(self, *args, **kwargs):
                return super().sign(*args, **kwargs)
        exchange = mine(config)
    """,
    "a class that signs by itself": """
        import ccxt
        class mine(ccxt.kraken):
            def sign(self, path, api, method, params, *_):
                return {"url": url, "method": method, "headers": {"API-Key": str(self.apiKey)}, "body": None}
        exchange = mine(config)
    """,
    "a key that is set later": """
        import ccxt
        exchange = ccxt.kraken({"urls": config["urls"]})
        exchange.apiKey, exchange.secret = config["apiKey"], config["secret"]
    """,
    "another id": """
        import ccxt
        exchange = ccxt.kraken(config)
        exchange.id = "binance"
    """,
    "reloaded": """
        import ccxt, importlib
        importlib.reload(ccxt)
        exchange = ccxt.kraken(config)
    """,
    "imported anew": """
        import ccxt, sys
        for name in [name for name in sys.modules if name.partition(".")[0] == "ccxt"]:
            del sys.modules[name]
        import ccxt
        exchange = ccxt.kraken(config)
    """,
}


@pytest.mark.parametrize("bot", BOTS.values(), ids=BOTS)
def test_programs_that_go_past_the_oms(tmp_path: Path, bot: str) -> None:
    """Whichever way a program has the class from, public calls reach the exchange, and no private one does, though the
    program can read its key."""
    program = textwrap.dedent(SERVER) + textwrap.dedent(
        """
        api = {"public": url, "private": url, "web": url}
        config = {"apiKey": "my-own-key", "secret": "c2VjcmV0", "urls": {"api": api}, "enableRateLimit": False}
        """
    )
    program += textwrap.dedent(bot) + textwrap.dedent(
        """
        assert (exchange.apiKey, exchange.secret) == ("my-own-key", "c2VjcmV0")
        assert exchange.fetch_time() == 1000 and len(Handler.seen) == 1
        exchange.load_markets = lambda *_: None
        exchange.markets = {}
        for call in (
            lambda: exchange.privatePostBalance(),
            lambda: exchange.private_post_addorder({"pair": "XBTUSD"}),
            lambda: exchange.fetch_balance(),
            lambda: exchange.fetch_ledger(),
            lambda: exchange.request("AddOrder", ["private"], "POST"),
            lambda: exchange.check_required_credentials(),
            lambda: exchange.fetch(url + "/0/private/Balance", "POST", {"API-Key": exchange.apiKey}, "nonce=1"),
            lambda: exchange.fetch(url + "?key=" + exchange.apiKey),
        ):
            try:
                print("DONE", call())
            except Exception as error:
                print(type(error).__name__, str(error)[:69])
        assert len(Handler.seen) == 1 and "my-own-key" not in str(Handler.seen)
        """
    )
    (tmp_path / "bot.py").write_text(program)
    code, printed, errors = run("--as", "binance", "bot.py", cwd=tmp_path)
    assert (code, errors) == (0, "")
    assert (
        printed.splitlines()
        == ["PermissionDenied oms-ccxt run: kraken may only do what is public, and nothing was sent"] * 8
    )


def test_what_to_do_is_said(tmp_path: Path) -> None:
    """The refusal names the options, and for a class that the OMS stands in for, the way to it."""
    (tmp_path / "bot.py").write_text(
        textwrap.dedent(
            """
            from ccxt.binance import binance
            import ccxt
            for exchange in (ccxt.kraken(), binance()):
                try:
                    exchange.check_required_credentials()
                except ccxt.PermissionDenied as error:
                    print(error)
            """
        )
    )
    _, printed, _ = run("--as", "binance", "bot.py", cwd=tmp_path)
    first, second = printed.splitlines()
    assert first.endswith(
        "nothing stands in for kraken: say --as kraken, or name it in an [[account]], to trade through the OMS, or "
        "--allow kraken to trade past it"
    )
    assert second.endswith(
        "this is ccxt's own class of binance and not ccxt.binance, which is the OMS account: use that"
    )


def test_an_id_that_ccxt_does_not_have(tmp_path: Path) -> None:
    """A slip in `--allow` is an error, and so is an id that the OMS stands in for."""
    code, _, errors = run("--allow", "krakken", "-c", "import ccxt", cwd=tmp_path)
    assert (code, errors) == (2, "oms-ccxt run: ccxt has no exchange 'krakken'; did you mean kraken?\n")
    code, _, errors = run("--as", "kraken", "--allow", "kraken", "-c", "print('started')", cwd=tmp_path)
    assert (code, errors) == (1, "oms-ccxt run: the OMS stands in for kraken: to --allow it, too, makes no sense\n")


@pytest.mark.parametrize("module", ["ccxt.async_support", "ccxt.pro"])
async def test_async_programs(tmp_path: Path, module: str) -> None:
    """An async program's refusal comes when it awaits the call, as every error does."""
    (tmp_path / "bot.py").write_text(
        textwrap.dedent(
            f"""
            import asyncio
            import {module} as ccxt

            async def main():
                exchange = ccxt.kraken({{"apiKey": "my-own-key", "secret": "c2VjcmV0"}})
                url = "http://127.0.0.1:9?key=my-own-key"
                coming = exchange.privatePostBalance(), exchange.fetch(url)
                for answer in await asyncio.gather(*coming, return_exceptions=True):
                    print(type(answer).__name__)
                await exchange.close()

            asyncio.run(main())
            """
        )
    )
    result = await asyncio.to_thread(run, "bot.py", cwd=tmp_path)
    assert result == (0, "PermissionDenied\nPermissionDenied\n", "")
