"""Trustees and an organiser, each in a directory of its own, who exchange files by the real commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from psephos.adapters.files import MemorySource, write_new
from psephos.cli import trustee as commands
from psephos.cli.organiser_ceremony import ceremony
from psephos.record.acceptance import read_setup
from tests.support.referendum import audit_of, make_charter, vote

PASSPHRASE = "correct horse battery staple"


class World:
    """The directories of an organiser and its trustees; messages are carried between them by their names."""

    def __init__(
        self, root: Path, *, size: int, threshold: int, minimum: int = 2, charter: bytes | None = None
    ) -> None:
        self.root, self.size = root, size
        self.post = root / "organiser"
        self.post.mkdir(parents=True)
        self.charter = self.post / "charter.json"
        self.charter.write_bytes(charter or make_charter(size=size, threshold=threshold, minimum_counted=minimum))
        self.passphrase = root / "passphrase"
        write_new(self.passphrase, PASSPHRASE.encode() + b"\n", secret=True)

    def home(self, index: int) -> Path:
        """A trustee's directory."""
        return self.root / f"trustee-{index}"

    def trustee(self, verb: str, index: int, *arguments: object, typed: str = "", out: Path | None = None) -> Result:
        """Run a verb in a trustee's directory; what it sends goes to the organiser's."""
        options = ["--home", self.home(index), "--out", out or self.post, "--passphrase-file", self.passphrase]
        return invoke(commands.trustee, verb, *arguments, *options, typed=typed)

    def join(self) -> None:
        """Round 1 of every trustee."""
        for index in range(1, self.size + 1):
            self.trustee("join", index, self.charter, "--index", index)

    def hold(self) -> None:
        """The whole ceremony, from join to trustees.json."""
        post, charter = self.post, self.charter
        self.join()
        if (post / "public-key-1.json").exists():
            self.desk("assemble", "public-key")
            return
        self.desk("certificates", "certificate")
        for index in range(1, self.size + 1):
            self.trustee("share", index, charter, post / "certificates.json")
        self.desk("inputs", "certificates", "polynomial")
        for index in range(1, self.size + 1):
            self.trustee("receive", index, charter, post / "certificates.json", post / f"input-{index}.json")
        self.desk("assemble", "certificates", "polynomial", "output")

    def desk(self, verb: str, *kinds: str) -> Result:
        """A verb of the organiser, on the files of these kinds."""
        files = [file for kind in kinds for file in sorted(self.post.glob(f"{kind}*.json"))]
        if "certificates" not in kinds:
            files = [file for file in files if file.name != "certificates.json"]
        return invoke(ceremony, verb, self.charter, *files, "--out", self.post)

    def set_up(self, votes: tuple[int, ...] = (0, 1, 1, 2)) -> None:
        """setup.bel, and the record as far as its tally."""
        charter, trustees = self.charter.read_bytes(), (self.post / "trustees.json").read_bytes()
        setup, record = vote(charter, trustees, votes)
        (self.post / "setup.bel").write_bytes(setup)
        (self.post / "record.bel").write_bytes(record)
        self.setup = read_setup(MemorySource(setup)).fingerprint
        self.record = audit_of(record, charter).report.head

    def accept(self, index: int) -> Result:
        """A trustee's acceptance."""
        setup = self.post / "setup.bel"
        return self.trustee("accept", index, setup, self.charter, "--fingerprint", self.setup)

    def decrypt(self, index: int, record: str = "record.bel", out: Path | None = None, typed: str = "") -> Result:
        """A trustee's answer."""
        arguments = (self.post / record, self.charter, "--fingerprint", self.record)
        return self.trustee("decrypt", index, *arguments, out=out, typed=typed)


def invoke(group: Callable[..., object], *arguments: object, typed: str = "") -> Result:
    """Run a command in this process; its errors are raised."""
    result = CliRunner().invoke(group, [str(argument) for argument in arguments], input=typed)  # type: ignore[arg-type]
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert PASSPHRASE not in result.output
    return result
