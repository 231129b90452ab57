"""Debian's belenios-tool 2.0: called, asked for its verdict, and holding an election of its own.

It is a required program: without it these tests fail. It knows BELENIOS-2048 and RFC-3526-2048, and the form of
threshold trustees that records had before 2.5.1.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from psephos.adapters.files import MemorySource
from psephos.protocol.election import Question
from psephos.verify.audit import audit
from psephos.verify.report import Report, Status, Verdict
from tests.support.oracle.archive import Step, read_archive, records_of, relink, steps_of, write_archive

GROUPS = ("BELENIOS-2048", "RFC-3526-2048")
PASSED = "I: all checks passed"
FAILED = 124
"""Its exit status when anything is wrong."""
BLANK = Question(answers=("A", "B", "C"), blank=True, min=1, max=2, question="One or two, or blank?")
YES, NO = [1, 0], [0, 1]


# ── the other program ───────────────────────────────────────────────────────────────────────────────────────────


@lru_cache(1)
def tool() -> str:
    """Where belenios-tool is.

    Raises:
        Failed: It is not installed.
    """
    path = shutil.which("belenios-tool")
    if path is None:
        pytest.fail("belenios-tool is missing: apt-get install belenios-tool (these tests are never skipped)")
    return path


def run(*arguments: str, folder: Path, given: str | bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Call belenios-tool in a folder."""
    return subprocess.run(
        [tool(), *arguments],
        cwd=folder,
        input=given.encode() if isinstance(given, str) else given,
        capture_output=True,
        check=False,
        # Otherwise it reads /dev/random and may block.
        env={**os.environ, "BELENIOS_USE_URANDOM": "1"},
        timeout=120,
    )


def output(*arguments: str, folder: Path, given: str | bytes = b"") -> str:
    """What belenios-tool writes to its output; it must succeed."""
    done = run(*arguments, folder=folder, given=given)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def verdict_of_the_tool(received: bytes) -> tuple[int, str]:
    """Its exit status and the last line of what it says about a record."""
    uuid = json.loads(steps_of(read_archive(received))[0].bodies[0])["uuid"]
    with TemporaryDirectory() as folder:
        (Path(folder) / f"{uuid}.bel").write_bytes(received)
        done = run("election", "verify", folder=Path(folder))
    return done.returncode, done.stderr.decode().strip().rpartition("\n")[2]


def refused_by_the_tool(received: bytes) -> bool:
    """Whether belenios-tool finds something wrong (and does not merely crash on us)."""
    status, message = verdict_of_the_tool(received)
    if status == 0:
        assert message == PASSED
        return False
    assert status == FAILED, message
    return True


def relinked(steps: Sequence[Step]) -> bytes:
    """Steps as an archive of ours in which every hash fits."""
    return write_archive(records_of([relink(step) for step in steps], timestamp=1_700_000_000))


def failed_checks(received: bytes) -> set[str]:
    """The checks of ours that fail."""
    report = audit(MemorySource(received))
    failed = {check for check, result in report.results.items() if result.status is Status.FAILED}
    assert (report.verdict is Verdict.FALSE) == bool(failed)
    return failed


def verified(received: bytes) -> Report:
    """Our report on a record that is good."""
    report = audit(MemorySource(received))
    assert report.verdict is Verdict.VERIFIED, failed_checks(received)
    return report


# ── an election of its own ──────────────────────────────────────────────────────────────────────────────────────────

TEMPLATE = {
    "description": "Two questions",
    "name": "Made by belenios-tool",
    "questions": [
        {"answers": ["A", "B", "C"], "blank": True, "min": 1, "max": 2, "question": "One or two, or blank"},
        {"answers": ["Yes", "No"], "min": 0, "max": 1, "question": "At most one"},
    ],
}
WEIGHTS = (1, 2, 3, 10)
CHOICES = [
    (0, [[0, 1, 1, 0], [1, 0]]),
    (1, [[1, 0, 0, 0], [0, 1]]),
    (2, [[0, 0, 0, 1], [0, 0]]),
    (3, [[0, 1, 0, 0], [1, 0]]),
    (0, [[1, 0, 0, 0], [0, 1]]),
    (3, [[0, 0, 1, 1], [0, 1]]),
]


Choices = list[tuple[int, list[list[int]]]]


def weighted_counts(choices: Choices, weights: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """What the last choices add up to."""
    last = dict(choices)
    return tuple(
        tuple(sum(weights[voter] * vector[at][place] for voter, vector in last.items()) for place in range(size))
        for at, size in enumerate((4, 2))
    )


class ToolElection:
    """An election that belenios-tool holds, in a folder of its own, by the commands of its demonstration."""

    def __init__(self, folder: Path, group: str, weights: Sequence[int], choices: Choices) -> None:
        self.folder, self.group, self.choices = folder, ("--group", group), choices
        self.uuid = self.call("setup", "generate-token").strip()
        lines = (f"v{number}@example.com,v{number}" for number in range(len(WEIGHTS)))
        voters = [
            line + (f",{weight}" if weights else "") for line, weight in zip(lines, weights or WEIGHTS, strict=False)
        ]
        (folder / "voters.txt").write_text("".join(f"{line}\n" for line in voters))
        self.call("setup", "generate-credentials", "--uuid", self.uuid, *self.group, "--file", "voters.txt")
        self.only("*.pubcreds").rename(folder / "public_creds.json")
        private = self.only("*.privcreds").read_text().splitlines()
        self.credentials = [line.split()[-1] for line in private]
        (folder / "template.json").write_text(json.dumps(TEMPLATE))

    def call(self, *arguments: str, given: str | bytes = b"") -> str:
        """Run a command that must succeed."""
        return output(*arguments, folder=self.folder, given=given)

    def only(self, pattern: str) -> Path:
        """The one file of that name."""
        (path,) = self.folder.glob(pattern)
        return path

    def add(self, kind: str, given: str) -> None:
        """Append an event."""
        self.call("archive", "add-event", f"--type={kind}", given=given)

    def open(self) -> None:
        """After the trustees' files are there."""
        self.call("setup", "make-trustees")
        self.call("setup", "make-election", "--uuid", self.uuid, *self.group, "--template", "template.json")
        self.call("archive", "init")
        for name in ("public_keys.jsons", "threshold.json", "election.json", "trustees.json", "public_creds.json"):
            (self.folder / name).unlink(missing_ok=True)

    def vote(self) -> None:
        """Cast all ballots, close, and add them up."""
        for voter, choice in self.choices:
            (self.folder / "credential").write_text(self.credentials[voter] + "\n")
            (self.folder / "choice").write_text(json.dumps(choice))
            made = self.call("election", "generate-ballot", "--privcred", "credential", "--ballot", "choice")
            self.add("Ballot", made)
        self.add("EndBallots", "")
        self.add("EncryptedTally", self.call("election", "compute-encrypted-tally"))

    def finish(self) -> bytes:
        """Publish the result; the archive."""
        self.add("Result", self.call("election", "compute-result"))
        return self.only("*.bel").read_bytes()

    def hold_single(self) -> bytes:
        """Two mandatory trustees."""
        for _ in range(2):
            self.call("setup", "generate-trustee-key", *self.group)
        keys = sorted(self.folder.glob("*.pubkey"))
        (self.folder / "public_keys.jsons").write_text("".join(key.read_text() for key in keys))
        self.open()
        self.vote()
        for owner, key in enumerate(keys, start=1):
            self.decrypt(owner, "decrypt", "--privkey", key.with_suffix(".privkey").name)
        return self.finish()

    def hold_threshold(self) -> bytes:
        """One mandatory trustee, and two of three: the first and the third decrypt."""
        keygen = ("setup", "generate-trustee-key-threshold", *self.group)
        for _ in range(3):
            self.call(*keygen, "--step", "1")
        certs = sorted(self.folder.glob("*.cert"))
        (self.folder / "certs").write_text("".join(cert.read_text() for cert in certs))
        with_certs = (*keygen, "--certs", "certs")
        self.call(*with_certs, "--step", "2")
        third = ("--step", "3", "--threshold", "2")
        polynomials = [self.call(*with_certs, "--key", cert.with_suffix(".key").name, *third) for cert in certs]
        (self.folder / "polynomials").write_text("".join(polynomials))
        self.call(*with_certs, "--step", "4", "--polynomials", "polynomials")
        outputs = []
        for cert in certs:
            given, key = cert.with_suffix(".vinput").read_text(), cert.with_suffix(".key").name
            outputs.append(self.call(*with_certs, "--key", key, "--step", "5", given=given))
        made = self.call(*with_certs, "--step", "6", "--polynomials", "polynomials", given="".join(outputs))
        (self.folder / "threshold.json").write_text(made)
        self.call("setup", "generate-trustee-key", *self.group)
        (self.folder / "public_keys.jsons").write_text(self.only("*.pubkey").read_text())
        self.open()
        self.vote()
        self.decrypt(1, "decrypt", "--privkey", self.only("*.privkey").name)
        for owner in (2, 4):
            cert = certs[owner - 2]
            keys = ("--key", cert.with_suffix(".key").name, "--decryption-key", cert.with_suffix(".dkey").name)
            self.decrypt(owner, "decrypt-threshold", *keys)
        return self.finish()

    def decrypt(self, owner: int, *command: str) -> None:
        """Add a trustee's partial decryption."""
        made = self.call("election", *command, "--trustee-id", str(owner))
        self.add("PartialDecryption", made)


HOLD: dict[str, Callable[[ToolElection], bytes]] = {
    "single": ToolElection.hold_single,
    "threshold": ToolElection.hold_threshold,
}


def choices_in(group: str) -> Choices:
    """All of them; one voter's in the group in which the other program needs a second for each ballot."""
    return CHOICES if group == "BELENIOS-2048" else [choice for choice in CHOICES if choice[0] == 0]


@lru_cache(4)
def made_by_the_tool(kind: str, group: str, weights: tuple[int, ...]) -> bytes:
    """A record that belenios-tool makes now."""
    with TemporaryDirectory() as folder:
        return HOLD[kind](ToolElection(Path(folder), group, weights, choices_in(group)))
