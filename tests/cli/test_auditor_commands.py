"""`psephos verify` as a person and as a program use it."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from psephos.adapters.files import MemorySource
from psephos.cli.main import psephos, run
from psephos.protocol.encoding import write_json
from psephos.protocol.group import Group
from psephos.record.archive import Archive
from psephos.record.entries import read_entries
from psephos.verify.checks import CHECKS
from tests.support.records import ATTACKS, ELECTIONS
from tests.support.world import YES_NO_BLANK, World, whole_record

GOOD = next((ELECTIONS / "ed25519-yesno-single-trustee").glob("*.bel"))


def attack(name: str, directory: Path) -> Path:
    """An attack's record as a file."""
    path = directory / "record.bel"
    path.write_bytes(gzip.decompress(next((ATTACKS / name).glob("*.bel.gz")).read_bytes()))
    return path


def test_verify_good_record_exits_0_and_shows_counts(capfd: pytest.CaptureFixture[str]) -> None:
    """A person sees every check, the counts with bars, and the verdict."""
    assert run(["verify", str(GOOD)]) == 0
    shown = capfd.readouterr().out
    assert "VERIFIED" in shown
    assert "V17" in shown
    assert "77.8 %" in shown
    assert "█" in shown


def test_verify_false_record_exits_1_and_names_check_and_place(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A person sees which check failed, where, and why."""
    path = attack("negative-ed25519-yesno/05-wrong-result", tmp_path)
    assert run(["auditor", "verify", str(path)]) == 1
    shown = capfd.readouterr().out
    assert "V17 failed" in shown
    assert "8 is not what the sum decrypts to [/result/0/0]" in shown


def test_verify_shuffled_record_exits_3(capfd: pytest.CaptureFixture[str]) -> None:
    """What Psephos cannot check is neither verified nor false, and is named."""
    path = next((ELECTIONS / "ed25519-nh-2shuffles").glob("*.bel"))
    assert run(["verify", str(path)]) == 3
    assert "not supported yet" in capfd.readouterr().out


def test_verify_missing_file_exits_3_without_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    """A file that cannot be read proves nothing."""
    assert run(["verify", "no-such-file.bel"]) == 3
    assert "error[unavailable]" in capfd.readouterr().err


def test_verify_usage_error_exits_2() -> None:
    """A wrong command line is a usage error."""
    assert run(["verify"]) == 2
    assert run(["verify", "--no-such-option", str(GOOD)]) == 2


def test_verify_json_has_every_check(capfd: pytest.CaptureFixture[str]) -> None:
    """Programs get the same report as people, as JSON on stdout and nothing else."""
    assert run(["verify", "--json", str(GOOD)]) == 0
    report = json.loads(capfd.readouterr().out)
    assert report["verdict"] == "verified"
    assert report["result"] == [[7, 2]]
    assert [check["id"] for check in report["checks"]] == [check.id for check in CHECKS]


def cut_after(received: bytes, events: int) -> bytes:
    """The archive's beginning, up to so many events."""
    for number, entry in enumerate(read_entries(archive := Archive(MemorySource(received))), start=1):
        if number == events + 1:
            return received[: entry.offset]
    assert archive.end == len(received)
    return received


def test_verify_against_earlier_copy_accepts_an_extension(tmp_path: Path) -> None:
    """A record that continues an earlier copy extends it; the same record extends itself."""
    older = tmp_path / "older.bel"
    for events in (1, 5, 16):
        older.write_bytes(cut_after(GOOD.read_bytes(), events))
        assert run(["verify", str(GOOD), "--against", str(older)]) == 0


def test_verify_against_another_past_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A record from which a ballot of the earlier copy was dropped does not extend it, though all else holds."""
    path = attack("negative-ed25519-yesno/03d-all-redo-after-drop", tmp_path)
    assert run(["verify", str(path)]) == 0
    assert run(["verify", str(path), "--against", str(GOOD)]) == 1
    assert "V19 failed" in capfd.readouterr().out


def test_verify_against_longer_copy_is_refused(tmp_path: Path) -> None:
    """A record that lost its end does not extend the whole one."""
    shorter = tmp_path / "record.bel"
    shorter.write_bytes(cut_after(GOOD.read_bytes(), 8))
    assert run(["verify", str(shorter), "--against", str(GOOD)]) == 1


def test_verify_against_something_else_could_not_verify(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A file that is no archive says nothing against the record: exit code 3, and every other check is reported."""
    other = tmp_path / "older.bel"
    other.write_bytes(b"<html>not found</html>".ljust(1024))
    assert run(["verify", str(GOOD), "--against", str(other)]) == 3
    told = capfd.readouterr().out
    assert "this is not a Belenios archive" in told
    assert "✓ V17" in told
    assert "FALSE" not in told


@pytest.mark.parametrize("stray", [b"", b"[", b"<html>", b'[{"owner":1}]'])
def test_verify_with_second_proofs_that_cannot_be_read_reports_every_other_check(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], stray: bytes
) -> None:
    """A broken file beside a good record fails V18, and V18 alone; the report says so in its place."""
    world = World(Group("Ed25519"), (YES_NO_BLANK,), voters=3, trustees=3, threshold=2)
    record = whole_record(world, [(0, [[1, 0, 0]]), (1, [[0, 0, 1]])], deciding=(1, 3))
    path = tmp_path / "r.bel"
    path.write_bytes(record.archive)
    (tmp_path / "r.bound.json").write_bytes(stray)
    assert run(["verify", str(path), "--json"]) == 1
    checks = {check["id"]: check for check in json.loads(capfd.readouterr().out)["checks"]}
    assert [check for check, found in checks.items() if found["status"] == "failed"] == ["V18"]
    assert [failure["code"] for failure in checks["V18"]["failures"]] == ["malformed"]
    assert checks["V17"]["status"] == "passed"


def test_verify_second_proofs_beside_the_record_are_checked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Proofs in RECORD.bound.json are checked without being asked for; a changed one fails, a missing one is named."""
    world = World(Group("Ed25519"), (YES_NO_BLANK,), voters=3, trustees=3, threshold=2)
    record = whole_record(world, [(0, [[1, 0, 0]]), (1, [[0, 0, 1]])], deciding=(1, 3))
    path, beside = tmp_path / "r.bel", tmp_path / "r.bound.json"
    path.write_bytes(record.archive)
    beside.write_bytes(write_json(record.bound))
    assert run(["verify", str(path)]) == 0
    assert "✓ V18" in capfd.readouterr().out
    beside.write_bytes(write_json(record.bound[:1]))
    assert run(["verify", str(path)]) == 0
    assert "trustee 3: made no second proof" in capfd.readouterr().out
    swapped = [
        record.bound[0],
        record.bound[1].__class__(
            record=record.bound[1].record, owner=3, payload=record.bound[1].payload, proofs=record.bound[0].proofs
        ),
    ]
    beside.write_bytes(write_json(swapped))
    assert run(["verify", str(path)]) == 1
    assert "trustee 3: bound decryption proof does not hold" in capfd.readouterr().out


def test_verify_shows_no_bar_and_no_colour_in_a_pipe() -> None:
    """Output that is not a terminal is plain text."""
    done = subprocess.run(
        [sys.executable, "-m", "psephos.cli.main", "verify", str(GOOD)], capture_output=True, check=False
    )
    assert b"\x1b" not in done.stdout + done.stderr


def test_every_command_has_help() -> None:
    """Each party's command and each verb explains itself."""
    runner = CliRunner()
    for party in psephos.list_commands(None):  # type: ignore[arg-type]
        shown = runner.invoke(psephos, [party, "--help"])
        assert shown.exit_code == 0
        assert len(shown.output.splitlines()) > 3
