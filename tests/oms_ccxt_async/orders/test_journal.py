"""What the journal has taken survives, what it cannot take is refused, and one process has it at a time."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ccxt
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async.orders import journal
from oms_ccxt_async.orders.journal import Journal

ROOT = Path(__file__).parents[3]


@contextmanager
def opened(path: Path, **options: Any) -> Iterator[Journal]:
    """A journal that is closed at the end."""
    held = Journal(path, **options)
    try:
        yield held
    finally:
        held.close()


def keys(held: Journal) -> list[str]:
    return [record["intent"] for record in held.open_intents]


def left_in(path: Path) -> list[str]:
    """The open intents that the next process would find."""
    with opened(path) as held:
        return keys(held)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def test_intents_without_an_end_are_found_again(path: Path) -> None:
    """A later journal has the intents that were begun and not ended, oldest first and as they were."""
    with opened(path) as held:
        for key in "abcd":
            held.begin({key: {"command": {"qty": "0.1"}, "began": 5}})
        held.end("b", "accepted 7")
        held.end("unknown", "refused")
        assert keys(held) == ["a", "c", "d"]
    with opened(path) as held:
        assert keys(held) == ["a", "c", "d"]
        assert held.open_intents[0] == {"intent": "a", "command": {"qty": "0.1"}, "began": 5}


def test_opening_rewrites_the_file(path: Path) -> None:
    """What is over is gone from the file after the next opening, and writing goes on in the new file."""
    with opened(path) as held:
        for number in range(100):
            held.begin({f"k{number}": {}})
            held.end(f"k{number}", "accepted 1")
        held.begin({"open": {}})
    with opened(path) as held:
        assert path.read_bytes() == b'{"intent":"open"}\n'
        held.begin({"next": {}})
    assert left_in(path) == ["open", "next"]


@pytest.mark.skipif(os.name != "posix", reason="rights of files are POSIX's")
def test_nobody_else_may_read_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the umask, other users may not read what is about to be traded; what the owner allows stays so."""
    monkeypatch.setattr(journal, "ROOMY", 1)
    before = os.umask(0)
    try:
        with opened(path) as held:
            held.begin({"a": {}})
            assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(held._beside(".lock").stat().st_mode) == 0o600
            path.chmod(0o640)
            held.begin({"b": {}})
            held.end("b", "accepted")
            assert path.read_bytes() == b'{"intent":"a"}\n'
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_growing_file_is_rewritten(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long life does not make a long file, and open intents stay in it."""
    monkeypatch.setattr(journal, "ROOMY", 1_000)
    with opened(path) as held:
        held.begin({"open": {"note": "x" * 100}})
        for number in range(1_000):
            held.begin({f"k{number}": {}})
            held.end(f"k{number}", "accepted 1")
            assert path.stat().st_size < 1_200
    assert left_in(path) == ["open"]


def test_many_open_intents_are_not_rewritten_again_and_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the open intents alone fill the file, it is rewritten only when it has doubled."""
    monkeypatch.setattr(journal, "ROOMY", 1_000)
    with opened(path) as held:
        for number in range(100):
            held.begin({f"open{number}": {"note": "x" * 100}})
        files = set()
        for number in range(100):
            held.begin({f"k{number}": {}})
            held.end(f"k{number}", "accepted 1")
            files.add(path.stat().st_ino)
    assert len(files) <= 2


@pytest.mark.parametrize(
    "tail", [b'{"intent":"torn","comm', b"{", b'{"end":"a"', b"\0" * 4_096, b"\xff\xfe", b'{"intent":"torn"']
)
def test_torn_last_line_is_passed_over(path: Path, tail: bytes) -> None:
    """What the death of a process left half written is no intent, and does not spoil the next one."""
    path.write_bytes(b'{"intent":"a"}\n{"intent":"b"}\n' + tail)
    with opened(path) as held:
        assert keys(held) == ["a", "b"]
        held.begin({"c": {}})
    assert left_in(path) == ["a", "b", "c"]


def test_last_line_without_its_end_is_read(path: Path) -> None:
    """A record that lacks no more than its line end counts."""
    path.write_bytes(b'{"intent":"a"}\n{"intent":"b"}\n{"end":"a","outcome":"accepted 1"}')
    assert left_in(path) == ["b"]
    assert left_in(path) == ["b"]


DAMAGED = [
    b'{"intent":"b","com\n',
    b"\0\0\0\n",
    b"\n",
    b"[]\n",
    b"7\n",
    b'{"intent":7}\n',
    b'{"time":1,"msg":"a log"}\n',
]


@pytest.mark.parametrize("line", DAMAGED)
def test_damage_in_the_middle_is_not_passed_over(path: Path, line: bytes) -> None:
    """An intent may have stood there: orders are refused, the line is named, and the file is left for its owner."""
    content = b'{"intent":"a"}\n' + line + b'{"intent":"c"}\n'
    path.write_bytes(content)
    for _ in range(2):
        with pytest.raises(ccxt.OperationRejected, match="line 2 is damaged, or the file is not a journal"):
            Journal(path)
    assert path.read_bytes() == content


WRITER = """
import os, signal, sys
from oms_ccxt_async.orders.journal import Journal
held = Journal(sys.argv[1], fsync=sys.argv[2] == "fsync")
for number in range(50):
    held.begin({f"k{number}": {"began": number}})
    if number % 2:
        held.end(f"k{number}", "accepted 1")
os.kill(os.getpid(), signal.SIGKILL)
"""


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=50, check=False
    )


@pytest.mark.parametrize("fsync", ["fsync", "no"])
def test_survives_kill_9(path: Path, fsync: str) -> None:
    """Every intent whose `begin` returned is there after the process was killed, and the lock is free."""
    assert run(WRITER, str(path), fsync).returncode == -9
    assert left_in(path) == [f"k{number}" for number in range(0, 50, 2)]


HOLDER = """
import sys
from oms_ccxt_async.orders.journal import Journal
held = Journal(sys.argv[1])
held.begin({"theirs": {}})
print("held", flush=True)
sys.stdin.read()
"""


def test_second_process_is_locked_out(path: Path) -> None:
    """While one process has the journal another is refused, in so many words, whatever was rewritten meanwhile."""
    path.write_bytes(b'{"intent":"old"}\n{"end":"old"}\n')
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ccxt.OperationRejected, match="is held by another process"):
            Journal(path)
        holder.stdin.close()
        assert holder.wait(30) == 0
    assert left_in(path) == ["theirs"]


def test_lock_outlives_rewriting(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the file was replaced under the lock, a second instance is still refused, in the same process too."""
    monkeypatch.setattr(journal, "ROOMY", 10)
    with opened(path) as held:
        before = path.stat().st_ino
        held.begin({"a": {}})
        held.end("a", "accepted 1")
        assert path.stat().st_ino != before
        with pytest.raises(ccxt.OperationRejected, match="held by another"):
            Journal(path)
    assert left_in(path) == []


def test_closing_lets_go(path: Path) -> None:
    """A closed journal takes no more intents, can be closed again, and is free for the next one."""
    with opened(path) as held:
        held.begin({"a": {}})
        held.close()
        held.close()
        with pytest.raises(ccxt.OperationRejected, match="not sent"):
            held.begin({"b": {}})
        held.end("a", "accepted 1")
    assert left_in(path) == ["a"]


def _missing_directory(path: Path) -> Path:
    return path / "missing" / "journal"


def _directory(path: Path) -> Path:
    path.mkdir()
    return path


def _below_a_file(path: Path) -> Path:
    path.write_bytes(b"")
    return path / "journal"


def _directory_as_lock(path: Path) -> Path:
    path.with_name("journal.lock").mkdir()
    return path


@pytest.mark.parametrize("place", [_missing_directory, _directory, _below_a_file, _directory_as_lock])
def test_place_that_cannot_be_used(path: Path, place: Any) -> None:
    """An unusable path is refused when the journal is opened, and named."""
    where = place(path)
    with pytest.raises(ccxt.OperationRejected, match="cannot be used") as raised:
        Journal(where)
    assert str(where) in str(raised.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unwritable for root")
def test_unwritable_directory(tmp_path: Path) -> None:
    """A directory without the right to write is such a place."""
    tmp_path.chmod(0o500)
    with pytest.raises(ccxt.OperationRejected, match="cannot be used"):
        Journal(tmp_path / "journal")


@pytest.mark.parametrize("value", [True, 7, ["journal"]])
def test_option_that_is_no_path(value: Any) -> None:
    """`options["journal"]` must be a path."""
    with pytest.raises(ccxt.BadRequest, match="path"):
        Journal(value)


@pytest.mark.parametrize("intent", [{"qty": object()}, {"id": 2**80}])
def test_intent_that_is_no_json(path: Path, intent: dict[str, Any]) -> None:
    """An intent that cannot be written is refused, and leaves no trace."""
    with opened(path) as held:
        with pytest.raises(ccxt.OperationRejected, match="not sent"):
            held.begin({"a": intent})
        assert keys(held) == []
        held.begin({"b": {}})
    assert left_in(path) == ["b"]


FULL = """
import resource, sys
import ccxt
from oms_ccxt_async.orders.journal import Journal
held = Journal(sys.argv[1])
held.begin({"before": {}})
resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
try:
    held.begin({"too long": {"note": "x" * 1_000}})
except ccxt.OperationRejected as error:
    print(error)
held.end("before", "accepted 1" + "x" * 1_000)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
held.begin({"after": {}})
held.close()
"""


def test_full_disk(path: Path) -> None:
    """An intent that fits only in part is refused and cut off again; when there is room, writing goes on.

    The limit is on the file's size, so the error is EFBIG rather than ENOSPC; the part that was written is real.
    """
    done = run(FULL, str(path))
    assert done.returncode == 0, done.stderr
    assert "cannot be written, so the order was not sent" in done.stdout
    assert path.read_bytes() == b'{"intent":"before"}\n{"intent":"after"}\n'
    assert left_in(path) == ["before", "after"]


def test_fsync_is_an_option(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `fsync` each intent is forced to the disk before `begin` returns; without it none is."""
    forced: list[int] = []
    monkeypatch.setattr(os, "fsync", forced.append)
    with opened(path) as held:
        held.begin({"a": {}})
        assert forced == []
    with opened(path, fsync=True) as held:
        held.begin({"b": {}})
        held.end("b", "accepted 1")
        assert len(forced) == 1


def test_a_rewrite_is_forced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What replaces the file is on the disk before it does, and with `fsync` its folder is, too."""
    with opened(path) as held:
        held.begin({"a": {}})
        held.begin({"b": {}})
        held.end("a", "accepted 1")
    forced: list[bool] = []
    fsync, replace = os.fsync, Path.replace

    def noted(descriptor: int) -> None:
        forced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        fsync(descriptor)

    def replaced(spare: Path, target: Path) -> Path:
        assert forced == [False], "before it takes the journal's place"
        return replace(spare, target)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(Path, "replace", replaced)
    with opened(path, fsync=True):
        assert forced == [False, True]


STEPS = st.lists(st.tuples(st.sampled_from(["begin", "end", "reopen"]), st.sampled_from("abcde")), max_size=30)


@given(steps=STEPS, cut=st.integers(0, 40))
def test_any_life(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]], cut: int) -> None:
    """After any sequence, and with the last record torn, the open intents are those of a plain model."""
    path = tmp_path_factory.mktemp("journal") / "journal"
    held, model = Journal(path), dict[str, None]()
    for step, key in [*steps, ("begin", "last")]:
        before = dict(model)
        if step == "begin":
            held.begin({key: {}})
            model[key] = None
        elif step == "end":
            held.end(key, "accepted 1")
            model.pop(key, None)
        else:
            held.close()
            held = Journal(path)
        assert set(keys(held)) == set(model)
    held.close()
    whole = path.read_bytes()
    line = whole[whole.rindex(b"\n", 0, -1) + 1 if whole.count(b"\n") > 1 else 0 :]
    path.write_bytes(whole[: len(whole) - min(cut, len(line))])
    assert set(left_in(path)) == set(model if cut <= 1 else before)


def test_file_is_readable(path: Path) -> None:
    """Each line is a JSON object that a person or a script can read."""
    with opened(path) as held:
        held.begin({"a": {"began": 1}})
        held.end("a", "refused InsufficientFunds")
        lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert lines == [{"intent": "a", "began": 1}, {"end": "a", "outcome": "refused InsufficientFunds"}]
