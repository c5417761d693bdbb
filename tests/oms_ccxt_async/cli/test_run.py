"""`oms-ccxt run`: programs that are not changed, run as Python runs them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import oms_ccxt_async
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Order
from tests.oms_ccxt_async.cli.conftest import COMMAND


def run(*args: str, cwd: Path, patience: float = 40, **environ: str) -> tuple[int, str, str]:
    """Run `oms-ccxt run`: exit code, output, errors."""
    command = [sys.executable, "-c", COMMAND, "run", *args]
    env = {**os.environ, "PYTHONPATH": os.getcwd(), **environ}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=patience)
    return done.returncode, done.stdout, done.stderr


def written(path: Path, code: str) -> Path:
    """A file with this code."""
    path.write_text(textwrap.dedent(code))
    return path


@pytest.mark.parametrize("program", [["bot.py"], ["-m", "bot"], ["-W", "error", "bot.py"]])
def test_runs_as_python_runs_it(tmp_path: Path, program: list[str]) -> None:
    """Arguments, also ones that look like ours, name, first entry of sys.path and exit code are those of `python`."""
    written(
        tmp_path / "bot.py",
        """
        import sys
        print(sys.argv[1:], __name__, sys.path[0] in ("", __file__.rpartition("/")[0]), "ccxt" in sys.modules)
        sys.exit(3)
        """,
    )
    code, printed, errors = run("--as", "binance", *program, "--as", "kraken", "-m", "--help", cwd=tmp_path)
    assert (code, errors) == (3, "")
    assert printed == "['--as', 'kraken', '-m', '--help'] __main__ True False\n"


@pytest.mark.parametrize(
    "flags", [["-I"], ["-E"], ["-S"], ["-bI"], ["-W", "ignore", "-E"], ["-Wignore", "-X", "dev", "-sE"]]
)
def test_flags_that_leave_the_oms_out_are_refused(tmp_path: Path, flags: list[str]) -> None:
    """Python would not read what puts the OMS's classes in ccxt, and the program would trade at the exchange itself."""
    written(tmp_path / "bot.py", "print('begun')")
    code, printed, errors = run("--as", "binance", *flags, "bot.py", cwd=tmp_path)
    assert (code, printed) == (1, "")
    assert "without the OMS" in errors


@pytest.mark.parametrize(
    "words", [["-u", "bot.py", "-I"], ["-m", "bot", "-E"], ["-c", "import bot", "-S"], ["-WI", "bot.py"]]
)
def test_flags_of_the_program_are_its_own(tmp_path: Path, words: list[str]) -> None:
    """What stands after the program, or is the argument of another flag, is none of Python's flags."""
    written(tmp_path / "bot.py", "print('begun')")
    assert run("--as", "binance", *words, cwd=tmp_path)[:2] == (0, "begun\n")


def test_exceptions_are_the_programs_own(tmp_path: Path) -> None:
    """A traceback begins in the program and not in the command."""
    written(tmp_path / "bot.py", "raise KeyError('mine')")
    code, _, errors = run("bot.py", cwd=tmp_path)
    assert code == 1
    assert errors.splitlines()[1].strip().startswith(f'File "{tmp_path}/bot.py", line 1')
    assert "oms_ccxt_async" not in errors


def test_signals_reach_the_program(tmp_path: Path) -> None:
    """The command is the program: a signal to it ends it as it ends a Python program."""
    written(tmp_path / "bot.py", "import signal; print('ready', flush=True); signal.pause()")
    command = [sys.executable, "-c", COMMAND, "run", "bot.py"]
    with subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": os.getcwd()}, stdout=-1) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
    assert process.returncode == -signal.SIGTERM


def test_sub_processes_inherit_it(tmp_path: Path) -> None:
    """What the program starts, by subprocess or by multiprocessing, has the OMS's classes too, whatever it imports."""
    written(
        tmp_path / "bot.py",
        """
        import multiprocessing, subprocess, sys

        def named(_):
            import ccxt.pro
            return [ccxt.pro.binance.__mro__[3].__module__, "oms" in ccxt.exchanges]

        if __name__ == "__main__":
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(*pool.map(named, [0])[0])
            for first in ("import ccxt", "from oms_ccxt_async import oms", "from ccxt.async_support import binance"):
                subprocess.run([sys.executable, "-c", f"{first}; import bot; print(*bot.named(0))"])
        """,
    )
    code, printed, errors = run("--as", "binance", "bot.py", cwd=tmp_path)
    assert (code, errors) == (0, "")
    assert printed == "oms_ccxt_pro.exchange True\n" * 4


def test_nothing_is_imported_for_programs_without_ccxt(tmp_path: Path) -> None:
    """A program that has nothing to do with ccxt does not pay for it."""
    code = "import sys; print([name for name in sys.modules if name.startswith(('ccxt', 'oms_ccxt', 'aiohttp'))])"
    assert run("-c", code, cwd=tmp_path) == (0, "[]\n", "")


@pytest.mark.parametrize(
    ("first", "more"),
    [("ccxt", []), ("ccxt.async_support", ["ccxt.async_support"]), ("ccxt.pro", ["ccxt.async_support", "ccxt.pro"])],
)
def test_nothing_is_imported_that_the_program_does_not_import(tmp_path: Path, first: str, more: list[str]) -> None:
    """Of ccxt's three modules those that the program imports are there, and of the driver only what puts its classes
    into them; whichever comes first, every module has ours, and ccxt's other classes are its own."""
    written(
        tmp_path / "bot.py",
        f"""
        import {first}, sys
        print(sorted(name for name in sys.modules if name in ("ccxt.async_support", "ccxt.pro")))
        print(sorted(name for name in sys.modules if name.startswith("oms_ccxt")))
        import ccxt.async_support, ccxt.pro
        for module in (ccxt, ccxt.async_support, ccxt.pro):
            for name in ("binance", "oms", "binanceusdm", "luno"):
                homes = getattr(module, name).__mro__
                print(any(home.__module__.startswith("oms_ccxt") for home in homes), end=" ")
        """,
    )
    code, printed, errors = run("--as", "binance", "--as", "luno", "bot.py", cwd=tmp_path)
    assert (code, errors) == (0, "")
    loaded = [
        "oms_ccxt_async",
        "oms_ccxt_async.dropin",
        "oms_ccxt_async.dropin.guard",
        "oms_ccxt_async.dropin.registry",
        "oms_ccxt_async.version",
    ]
    assert printed.splitlines() == [str(more), str(loaded), "True True False True " * 3]


def test_a_hidden_sitecustomize_runs(tmp_path: Path) -> None:
    """The environment's own sitecustomize runs as before: in the command's Python, and in the program's."""
    written(tmp_path / "sitecustomize.py", "print('mine')")
    path = os.pathsep.join([str(tmp_path), os.getcwd()])
    code = "import sitecustomize, sys; print(sitecustomize.__file__)"
    assert run("-c", code, cwd=tmp_path, PYTHONPATH=path) == (0, f"mine\nmine\n{tmp_path}/sitecustomize.py\n", "")


def test_no_way_past_the_oms(tmp_path: Path) -> None:
    """Where the OMS cannot stand in, ccxt cannot be imported, however often it is tried."""
    path = written(
        tmp_path / "bot.py",
        """
        for _ in range(2):
            try:
                import ccxt
            except ValueError as error:
                print(error)
        """,
    )
    startup = Path(oms_ccxt_async.__file__).parent / "cli" / "startup"
    environ = {"PYTHONPATH": os.pathsep.join([str(startup), os.getcwd()]), "OMS_CCXT_AS": "oms,binnance"}
    done = subprocess.run([sys.executable, path], env=os.environ | environ, capture_output=True, text=True, timeout=40)
    assert done.returncode == 0
    assert done.stdout == "ccxt has no exchange 'binnance' that oms could stand in for\n" * 2


@pytest.mark.parametrize("option", ["--as", "--allow", "--config"])
def test_an_exchange_that_is_none_is_one_line(tmp_path: Path, option: str) -> None:
    """An id that is none of ccxt's ends the command with 2 before the program is started, and the nearest is named."""
    path = written(tmp_path / "accounts.toml", '[[account]]\nas = "binanze"\naccount_id = 1')
    value = str(path) if option == "--config" else "binanze"
    code, printed, errors = run(option, value, "-c", "print('started')", cwd=tmp_path)
    assert (code, printed) == (2, "")
    assert errors == "oms-ccxt run: ccxt has no exchange 'binanze'; did you mean binance?\n"


@pytest.mark.parametrize("text", ["nonsense", "[[account]]\naccount_id = 1"])
def test_a_bad_file_is_one_line(tmp_path: Path, text: str) -> None:
    """A file of accounts that makes no sense ends the command before the program is started."""
    path = written(tmp_path / "accounts.toml", text)
    code, printed, errors = run("--config", str(path), "-c", "print('started')", cwd=tmp_path)
    assert (code, printed) == (1, "")
    assert errors.startswith(f"oms-ccxt run: {path}: ")
    assert errors.count("\n") == 1


BOTS = {
    "sync": """
        import ccxt
        exchange = ccxt.binance({"apiKey": "my-key", "secret": "my-secret"})
        order = exchange.create_order("BTC/USDT", "market", "buy", 0.01)
        print(order["id"])
    """,
    "async": """
        import asyncio, ccxt.async_support as ccxt
        async def main():
            async with ccxt.binance({"apiKey": "my-key", "secret": "my-secret"}) as exchange:
                print((await exchange.create_order("BTC/USDT", "market", "buy", 0.01))["id"])
        asyncio.run(main())
    """,
    "pro": """
        import asyncio, ccxt.pro
        async def main():
            async with ccxt.pro.binance({"apiKey": "my-key", "secret": "my-secret"}) as exchange:
                assert (await exchange.watch_ticker("BTC/USDT"))["last"]
                print((await exchange.create_order_ws("BTC/USDT", "market", "buy", 0.01))["id"])
        asyncio.run(main())
    """,
}


@pytest.mark.parametrize("bot", BOTS.values(), ids=BOTS)
async def test_a_program_for_binance_trades_through_the_oms(tmp_path: Path, bot: str) -> None:
    """An unchanged program's order is the OMS's, on the account that the file names for it."""
    written(tmp_path / "bot.py", bot)
    async with Sandbox(exchange="binance", volatility=0) as sandbox:
        path = written(
            tmp_path / "accounts.toml",
            f"""
            base_url = "{sandbox.url}"
            api_key = "{sandbox.keys["trader"]}"

            [[account]]
            as = "binance"
            account_id = 3
            """,
        )
        code, printed, errors = await asyncio.to_thread(run, "--config", str(path), "bot.py", cwd=tmp_path)
        assert (code, errors) == (0, "")
        order = sandbox.oms.storage.get(Order, id=int(printed))
        assert order is not None
        assert order.account_id == 3
