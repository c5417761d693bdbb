"""What `make wheel` has built, used as somebody who installs it uses it: `python -m tests.release`.

The wheel is installed into a fresh environment, with the versions of constraints.txt, and everything runs outside of
the repository.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEST = """
def test_it(oms_exchange, oms_sandbox):
    assert oms_exchange.create_order("BTC/USDT", "market", "buy", 0.01)["status"] == "closed"
"""
TYPED = """
from oms_ccxt_async import oms

async def price(exchange: oms) -> float:
    ticker = await exchange.fetch_ticker("BTC/USDT")
    reveal_type(ticker)
    return float(ticker["last"] or 0)
"""
IN_THE_SDIST = (
    "README.md",
    "CHANGELOG.md",
    "Makefile",
    "mkdocs.yml",
    "constraints.txt",
    "docs/orders.md",
    "tests/test_house.py",
)


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints.

    Raises:
        SystemExit: it failed; what it printed is told.
    """
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    ended = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def contents(wheel: Path, sdist: Path) -> None:
    """The files that have to be in them are in them."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for package in ("oms_ccxt_async", "oms_ccxt_pro"):
        assert {f"{package}/py.typed", f"{package}/__init__.pyi"} <= names
    migrations = ROOT / "oms_ccxt_async/sandbox/migrations"
    assert {str(file.relative_to(ROOT)) for file in migrations.rglob("*.py")} <= names
    assert not any(name.startswith(("tests/", "examples/", "docs/")) for name in names)
    [metadata] = [name for name in names if name.endswith("METADATA")]
    text = zipfile.ZipFile(wheel).read(metadata).decode()
    assert "](docs/" not in text, "the index would show links that lead nowhere"
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    assert set(IN_THE_SDIST) <= packed


def use(wheel: Path, room: Path) -> None:
    """Install the wheel and use each way into it."""
    run(sys.executable, "-m", "venv", room / "venv", cwd=room)
    python = room / "venv/bin/python"
    extras = f"oms-ccxt[cli,sandbox,prometheus] @ {wheel.as_uri()}"
    needed = (extras, "pytest", "mypy")
    run(python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", *needed, cwd=room)
    version = run(python, "-c", "import oms_ccxt_async; print(oms_ccxt_async.__version__)", cwd=room)
    assert run(room / "venv/bin/oms-ccxt", "--version", cwd=room) == f"oms-ccxt {version}"
    assert version.strip() in wheel.name
    run(room / "venv/bin/oms-ccxt", "demo", "--seconds", "1", cwd=room)
    (room / "test_it.py").write_text(TEST)
    assert "1 passed" in run(python, "-m", "pytest", "-q", "test_it.py", cwd=room)
    (room / "typed.py").write_text(TYPED)
    (room / "mypy.ini").write_text("[mypy]\n[mypy-ccxt.*]\nignore_missing_imports = True\n")
    assert 'Revealed type is "TypedDict' in run(python, "-m", "mypy", "--strict", "typed.py", cwd=room)


def main() -> None:
    [wheel] = (ROOT / "dist").glob("*.whl")
    [sdist] = (ROOT / "dist").glob("*.tar.gz")
    contents(wheel, sdist)
    with tempfile.TemporaryDirectory() as room:
        use(wheel, Path(room))
    print(f"{wheel.name}: console script, fixtures, types and sandbox work in a fresh environment")


if __name__ == "__main__":
    main()
