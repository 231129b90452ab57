"""The demo by files, small: what comes out, which files each process opens, and what `psephos status` says."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
VOTERS, TRUSTEES = 12, 5
PATIENCE = 1700
"""Seconds after which the demo hangs; how long it takes is not tested."""
TRACED = """#!/usr/bin/env bash
# psephos as the demo calls it, with a list of the files that it opens, and what status says afterwards.
mine=$(mktemp -d "$TRACES/$(date +%s%N)-XXXXXX")
pwd >"$mine/cwd"
printf '%s\\n' "$*" >"$mine/arguments"
strace -f --seccomp-bpf -qq -e trace=open,openat -e signal=none -o "$mine/trace" "$PSEPHOS" "$@" && code=0 || code=$?
case $1 in organiser | trustee | registrar) "$PSEPHOS" status . --json >"$mine/status" ;; esac
exit $code
"""
_OPENED = re.compile(r'^\d+ +open(?:at\(AT_FDCWD, |\()"([^"]+)".* = \d+', re.MULTILINE)


@dataclass(frozen=True)
class Called:
    """A command that the demo ran.

    Attributes:
        party: The directory in which it ran.
        arguments: What it was called with.
        opened: Every file of the demo that it opened.
        steps: What status says of the directory afterwards.
    """

    party: str
    arguments: str
    opened: tuple[Path, ...]
    steps: list[dict[str, Any]]

    def waits_for(self) -> list[str]:
        """Who is waited for with the next step."""
        return next((step["waits_for"] for step in self.steps if not step["done"]), [])

    def next_command(self) -> str:
        """What is next; empty if all is done."""
        return next((step["command"] for step in self.steps if not step["done"]), "")


@dataclass(frozen=True)
class Demo:
    """A demo that was run: its directory, what it printed, and its commands in order."""

    run: Path
    printed: str
    calls: list[Called]

    def after(self, party: str, arguments: str) -> Called:
        """The command of a party that begins so."""
        (found,) = [call for call in self.calls if call.party == party and call.arguments.startswith(arguments)]
        return found


@pytest.fixture(scope="module", name="demo")
def _demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    traces, run = folder / "traces", folder / "run"
    (folder / "bin").mkdir()
    traces.mkdir()
    wrapper = folder / "bin" / "psephos"
    wrapper.write_text(TRACED)
    wrapper.chmod(0o755)
    assert shutil.which("strace"), "strace is missing: apt-get install strace (this test is never skipped)"
    environment = {
        **os.environ,
        "PATH": f"{wrapper.parent}:{BIN}:{os.environ['PATH']}",
        "PSEPHOS": str(BIN / "psephos"),
        "TRACES": str(traces),
        "VOTERS": str(VOTERS),
        "NO_COLOR": "1",
    }
    command = [ROOT / "scripts" / "demo-files", run]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    calls = [read_call(mine, run) for mine in sorted(traces.iterdir())]
    return Demo(run, done.stdout, calls)


def read_call(mine: Path, run: Path) -> Called:
    """What the wrapper wrote down."""
    cwd = Path((mine / "cwd").read_text().strip())
    paths = {Path(os.path.normpath(cwd / path)) for path in _OPENED.findall((mine / "trace").read_text())}
    status = mine / "status"
    return Called(
        party=cwd.relative_to(run).parts[0],
        arguments=(mine / "arguments").read_text().strip(),
        opened=tuple(path.relative_to(run) for path in sorted(paths) if path.is_relative_to(run)),
        steps=json.loads(status.read_text())["steps"] if status.exists() else [],
    )


def test_demo_ends_with_the_verified_result_as_a_table_with_bars(demo: Demo) -> None:
    """Ballots, revotes and counts are those of the voters' choices, in both languages."""
    choices = [path.read_text().strip() for path in sorted(demo.run.glob("voter-*/choice"))]
    assert len(choices) == VOTERS
    done = subprocess.run(
        [BIN / "psephos", "verify", demo.run / "public" / "record.bel", "--json"], capture_output=True, check=True
    )
    report = json.loads(done.stdout)
    counts = Counter(choices)
    assert report["result"] == [[counts["1"], counts["2"], counts["3"]]]
    assert (report["verdict"], report["ballots"], report["counted"]) == ("verified", VOTERS + 1, VOTERS)
    shown = demo.printed[demo.printed.index("Anybody verifies") :]
    assert "VERIFIED — everything up to the phase “done”" in shown
    assert "note:" not in shown
    for answer, word in ("1", "Yes / آری"), ("2", "No / نه"), ("3", "Blank / سفید"):
        assert re.search(rf"{word} +{counts[answer]} +{100 * counts[answer] / VOTERS:.1f} % +█+", shown)


def test_no_command_of_the_demo_opens_a_file_of_another_party(demo: Demo) -> None:
    """Each opens files in its own directory, and what was published; one process and one directory per party."""
    parties = {call.party for call in demo.calls}
    own = {f"trustee-{number}" for number in range(1, TRUSTEES + 1)} | {"registrar-1", "registrar-2", "organiser"}
    assert parties == own | {"auditor"} | {f"voter-{number:02}" for number in range(1, VOTERS + 1)}
    for call in demo.calls:
        assert call.opened, f"{call.party}: {call.arguments}: nothing was traced"
        for path in call.opened:
            assert path.parts[0] in {call.party, "public"}, f"{call.party}: {call.arguments}: {path}"


def test_two_trustees_of_five_are_absent_and_the_others_decrypt_once_each(demo: Demo) -> None:
    """Three are needed."""
    decrypting = [call.party for call in demo.calls if call.arguments.startswith("trustee decrypt")]
    assert sorted(decrypting) == ["trustee-3", "trustee-4", "trustee-5"]


def test_status_names_what_is_next_and_who_is_waited_for(demo: Demo) -> None:
    """For organiser, trustees and registrars, from the charter to the result."""
    trustees = [f"trustee {number} (Trustee {number})" for number in range(1, TRUSTEES + 1)]
    registrars = [f"registrar {number} (Registrar {number})" for number in (1, 2)]
    organiser = {
        "organiser define": trustees,
        "organiser ceremony certificates": trustees,
        "organiser ceremony inputs": trustees,
        "organiser ceremony assemble": [" and ".join(registrars)],
        "organiser setup": [*trustees, *registrars],
        "organiser open": [],
        "organiser close": [],
        "organiser tally": trustees,
        "organiser publish": [],
    }
    for command, waited in organiser.items():
        assert demo.after("organiser", command).waits_for() == waited, command
    assert demo.after("organiser", "organiser close").next_command() == "psephos organiser tally"
    assert demo.after("organiser", "organiser publish").next_command() == ""
    for command in ("join", "share", "receive", "accept"):
        assert demo.after("trustee-3", f"trustee {command}").waits_for() == ["the organiser"]
    assert demo.after("trustee-3", "trustee decrypt").next_command() == ""
    for command in ("commit", "reveal"):
        assert demo.after("registrar-2", f"registrar {command}").waits_for() == ["the other registrar"]
    assert demo.after("registrar-2", "registrar combine").waits_for() == ["the organiser"]
    assert demo.after("registrar-2", "registrar accept").next_command() == ""


def test_registrars_keep_nothing_that_tells_who_has_which_credential(demo: Demo) -> None:
    """Outside deliverers and voters, no file of the demo holds a credential, or a voter beside a public one."""
    credentials = "".join(path.read_text() for path in demo.run.glob("voter-*/credential"))
    halves = set(re.findall(r"\b\w{5}-\w{6}-\w{5}-\w{6}\b", credentials))
    assert len(halves) == 2 * VOTERS
    for party in (*demo.run.glob("registrar-*"), demo.run / "organiser", demo.run / "public"):
        for path in party.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            assert not any(half.encode() in content for half in halves), path
            assert not path.name.startswith("halves-")
