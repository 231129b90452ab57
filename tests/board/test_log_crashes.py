"""A log that dies at any moment loses nothing that it answered, and never signs two histories.

Short versions of what `make soak` runs. Everything about them is in `log_crash`.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from psephos.board.disk import create_log, open_stores
from psephos.board.log import Log
from psephos.board.pool import Settings
from psephos.board.storage import DiskStorage, FatalError
from psephos.errors import RefusedError
from tests.board.example import LOG, ORIGIN
from tests.board.log_world import START, check_log, confirmed, entry_of

ROOT = Path(__file__).parents[2]
SETTINGS = Settings(free_space=0)


def crash(*arguments: str) -> Any:
    """Run the driver in a process of its own, since it forks."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.board.log_crash", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONWARNINGS": "error"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@pytest.mark.slow
def test_log_that_is_killed_at_random_moments_loses_nothing(tmp_path: Path) -> None:
    """Forty times SIGKILL under load: after each, everything stored verifies, and the log goes on."""
    found = crash("kill", str(tmp_path), "--rounds", "40")
    assert found["deaths"] == {"SIGKILL": 40}
    assert found["entries"] >= found["answered"] > 100
    assert found["checkpoints"] > 10


@pytest.mark.slow
@pytest.mark.parametrize("hold", ["commit", "start"])
def test_log_whose_system_calls_fail_loses_nothing(tmp_path: Path, hold: str) -> None:
    """EIO, ENOSPC and SIGKILL from outside, in calls of the commit path and of the start."""
    if shutil.which("strace") is None:
        pytest.fail("strace is missing: scripts/system-packages installs it")
    calls = "openat,write,pwrite64,fsync,fdatasync,rename"
    found = crash("inject", str(tmp_path), "--numbers", "1,3,6", "--calls", calls, "--holds", hold)
    deaths = found["deaths"]
    killed = sum(number for how, number in deaths.items() if how.endswith(": SIGKILL"))
    fatal = sum(number for how, number in deaths.items() if how.endswith(": fatal"))
    assert killed > 12
    assert fatal > 12
    assert not any(how.endswith(": refused") for how in deaths)
    if hold == "commit":
        for call in ("fsync", "rename", "pwrite64"):
            for action in ("EIO", "ENOSPC"):
                survived = {how for how in deaths if how.startswith(f"commit: {call} {action}: done")}
                assert survived == set(), "an error in the commit path was overlooked"


def test_log_on_disk_goes_on_after_each_start(tmp_path: Path) -> None:
    """Created once, opened again and again: files, head and index agree."""
    create_log(tmp_path / "log", LOG, now=START)
    for opened in range(4):
        with open_stores(tmp_path / "log", ORIGIN) as stores:
            log = Log(stores, LOG, now=START, settings=SETTINGS)
            log.consult(confirmed(log))
            assert log.signed.head.size == 100 * opened
            for number in range(100 * opened, 100 * opened + 100):
                log.submit(entry_of(number))
            log.sequence(START)
            head = stores.heads.read()
            assert head is not None
            assert len(check_log(stores.storage, head)) == 100 * opened + 100


def test_log_on_disk_has_one_writer(tmp_path: Path) -> None:
    """Who comes second is refused, and nothing happens to the first."""
    create_log(tmp_path / "log", LOG, now=START)
    with open_stores(tmp_path / "log", ORIGIN) as stores:
        log = Log(stores, LOG, now=START, settings=SETTINGS)
        log.consult(confirmed(log))
        with pytest.raises(RefusedError, match="another process"), open_stores(tmp_path / "log", ORIGIN):
            pass
        with pytest.raises(RefusedError, match="another process"):
            create_log(tmp_path / "log", LOG, now=START)
        log.submit(b"one")
        assert len(log.sequence(START).tickets) == 1


def test_log_on_disk_is_made_once_and_its_head_never_again(tmp_path: Path) -> None:
    """A log whose head's database is gone does not start, and cannot be made anew over its files."""
    folder = tmp_path / "log"
    with pytest.raises(RefusedError, match="missing"), open_stores(folder, ORIGIN):
        pass
    create_log(folder, LOG, now=START)
    with pytest.raises(RefusedError, match="a log already"):
        create_log(folder, LOG, now=START)
    with open_stores(folder, ORIGIN) as stores:
        Log(stores, LOG, now=START, settings=SETTINGS)
    (folder / "state" / "lock.db").unlink()
    with pytest.raises(RefusedError, match="missing") as caught, open_stores(folder, ORIGIN):
        pass
    assert caught.value.at.endswith("lock.db")
    with pytest.raises(RefusedError, match="files of a log"):
        create_log(folder, LOG, now=START)


def test_damaged_databases_are_refused_or_made_anew(tmp_path: Path) -> None:
    """The head must be read; the index is derived."""
    folder = tmp_path / "log"
    create_log(folder, LOG, now=START)
    with open_stores(folder, ORIGIN) as stores:
        log = Log(stores, LOG, now=START, settings=SETTINGS)
        log.consult(confirmed(log))
        log.submit(b"one")
        log.sequence(START)
    index, head = folder / "state" / "index.db", folder / "state" / "lock.db"
    for damaged in (b"", b"rubbish" * 1000, index.read_bytes()[:5000], index.read_bytes()[:4096] + bytes(8192)):
        index.write_bytes(damaged)
        with open_stores(folder, ORIGIN) as stores:
            answer = Log(stores, LOG, now=START, settings=SETTINGS).submit(b"one").answer
            assert answer is not None
            assert answer.index == 0
    good = head.read_bytes()
    head.write_bytes(b"rubbish" * 1000)
    with pytest.raises(RefusedError, match="damaged"), open_stores(folder, ORIGIN):
        pass
    head.write_bytes(good)
    with open_stores(folder, "other.example/log") as stores, pytest.raises(RefusedError, match="has no log"):
        Log(stores, type(LOG)("other.example/log", bytes(32)), now=START)


def test_folder_that_cannot_be_written_is_an_error_that_says_so(tmp_path: Path) -> None:
    """Not a folder at all."""
    (tmp_path / "log").write_bytes(b"")
    with pytest.raises(FatalError):
        create_log(tmp_path / "log", LOG, now=START)
    with pytest.raises(OSError, match="log"):
        DiskStorage(tmp_path / "log")
