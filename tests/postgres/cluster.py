"""A PostgreSQL of the tests' own: a cluster in a temporary folder on a free port, that can be killed and come again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg

__all__ = ["WHY_NOT", "Cluster"]

PLACES = (*map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), *os.get_exec_path())
INITDB = shutil.which("initdb", path=os.pathsep.join(PLACES))
WHY_NOT = None if INITDB else "PostgreSQL is not installed (apt-get install postgresql)"
"""Why there can be no cluster here, if there can be none."""


def _as_nobody_special(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as the user that its package made."""
    if os.geteuid():
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Cluster:
    """A cluster that runs between `with` and its end.

    Args:
        durable: whether commits wait for the disk; without, they survive the death of the database, not the machine's.
        settings: more lines for its configuration.
    """

    def __init__(self, *, durable: bool = False, settings: str = "") -> None:
        assert INITDB is not None
        self._bin = Path(INITDB).parent
        self._folder = Path(tempfile.mkdtemp(prefix="oms-postgres-", dir="/tmp"))
        self._data = self._folder / "data"
        self._durable = durable
        self._settings = settings
        self._schemas = count(1)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    def __enter__(self) -> Self:
        if not os.geteuid():
            shutil.chown(self._folder, "postgres", "postgres")
        self._run("initdb", "--auth=trust", "--username=oms", "--no-sync", "--locale=C", "--encoding=UTF8")
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
                "max_connections = 60\nshared_buffers = 64MB\nlogging_collector = off\n"
                + ("" if self._durable else "fsync = off\nfull_page_writes = off\n")
                + self._settings
            )
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._run("pg_ctl", "stop", "-m", "immediate", "-w", check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, schema: str = "") -> str:
        """The address of the database, or of one schema in it."""
        options = f"?options={quote(f'-csearch_path={schema}')}" if schema else ""
        return f"postgresql://oms@127.0.0.1:{self.port}/postgres{options}"

    def fresh(self) -> str:
        """The address of a new schema, which is to a sandbox what a database of its own is."""
        schema = f"oms_{os.getpid()}_{next(self._schemas)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}")
        return self.url(schema)

    @property
    def pid(self) -> int:
        """The process that starts all others of the server."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        """Start the server, and wait until it takes connections."""
        self._run("pg_ctl", "start", "-w", "-t", "30", "-l", str(self._folder / "log"))

    def kill(self) -> None:
        """Kill the server and all that it runs, as if the machine had: it recovers when it is started."""
        postmaster = self.pid
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        killed = [postmaster, *map(int, children)]
        for process in killed:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        until = time.monotonic() + 10
        while any(_lives(process) for process in killed) and time.monotonic() < until:
            time.sleep(0.01)
        # nobody may have taken note of the postmaster's end, so that it seems to be there
        (self._data / "postmaster.pid").unlink()

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        command = [str(self._bin / program), "-D", str(self._data), *arguments]
        done = subprocess.run(
            _as_nobody_special(command), cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        if check and done.returncode:
            log = self._folder / "log"
            raise RuntimeError(f"{program}: {done.stderr}{log.read_text() if log.exists() else ''}")
