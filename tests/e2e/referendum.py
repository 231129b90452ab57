"""A referendum on a board, step by step: 3 organisers of whom 2 sign, 2 registrars, 2 of 3 trustees, 4 observers."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from tests.e2e.parties import Party, free_port, running

VOTERS = 6
TRUSTEES, THRESHOLD = 3, 2
OBSERVERS = 4
NAME = "board.example/2026"
_HOME = ("--home", ".", "--out", ".", "--passphrase-file", "passphrase")
_APART = (*_HOME[:3], "out", *_HOME[4:])
_TOML = """
kind = "rehearsal"
title = ["A bridge"]
trustees = ["Trustee 1", "Trustee 2", "Trustee 3"]
threshold = 2
minimum_counted = 2

[[question]]
text = ["A bridge?"]
answers = [["Yes"], ["No"], ["Blank"]]

[board]
log = "{log}"
organisers = [{organisers}]
organisers_needed = 2
opens_at = {opens_at}
earliest_close = {earliest_close}
closes_at = {closes_at}
latest_close = {closes_at}
"""


def until(condition: object, *, seconds: float = 60.0) -> None:
    """Wait until something holds that another process brings about."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never held"
        time.sleep(0.1)


@dataclass
class Referendum:
    """All parties, and what they were told by other channels.

    Attributes:
        root: Where their directories are.
        stack: Ends their programs.
        charter: The charter's fingerprint.
        setup: The setup's fingerprint.
        regions: The section about regions of referendum.toml in its short form; without one there is a definition.
        homes: The region of each voter, in that case.
    """

    root: Path
    stack: ExitStack
    charter: str = ""
    setup: str = ""
    regions: str = ""
    homes: tuple[str, ...] = ()
    parties: dict[str, Party] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        """The board's address."""
        return f"http://127.0.0.1:{self.port}"

    def party(self, name: str) -> Party:
        """A party by its name; it is there from its first mention."""
        if name not in self.parties:
            self.parties[name] = Party(self.root, name)
        return self.parties[name]

    def each(self, kind: str, count: int) -> list[Party]:
        """Parties of a kind, by their numbers."""
        return [self.party(f"{kind}-{number}") for number in range(1, count + 1)]

    @property
    def organisers(self) -> list[Party]:
        """The first one does the organisers' common work."""
        return self.each("organiser", 3)

    @property
    def trustees(self) -> list[Party]:
        """By their numbers."""
        return self.each("trustee", TRUSTEES)

    def define(self) -> None:
        """Keys of the log, observers, organisers and registrars; the charter that names them."""
        log = self.party("board").run("psephos-server init . --name", NAME).stdout.strip()
        listed = "".join(self._observer(number, party, log) for number, party in enumerate(self._observers, start=1))
        keys = []
        for number, party in enumerate(self.organisers, start=1):
            name = f"organiser{number}.example/2026"
            keys.append(f'"{party.run("psephos organiser key --name", name, *_HOME).stdout.strip()}"')
        desk = self.organisers[0]
        for number, party in enumerate(self.each("registrar", 2), start=1):
            party.run("psephos registrar key --name", f"Registrar {number}", *_HOME)
            (desk / f"registrar-{number}.json").write_bytes((party / "registrar.json").read_bytes())
        registrars = "--registrar registrar-1.json --registrar registrar-2.json"
        if not self.regions:
            self._write_definition(log, listed, keys)
            line = f"psephos organiser define referendum.toml --board board.toml {registrars}"
            self.charter = desk.run(line).stdout.strip()
            return
        at = datetime.now(UTC).replace(microsecond=0)
        times = {
            "opens_at": at.isoformat(),
            "earliest_close": (at + timedelta(seconds=1)).isoformat(),
            "closes_at": (at + timedelta(hours=2)).isoformat(),
        }
        (desk / "referendum.toml").write_text(
            _TOML.format(log=log, organisers=", ".join(keys), **times) + listed + self.regions
        )
        self.charter = desk.run(f"psephos organiser define referendum.toml {registrars}").stdout.strip()

    def _write_definition(self, log: str, listed: str, keys: list[str]) -> None:
        """A rehearsal's definition, and whose board it is on."""
        desk = self.organisers[0]
        desk.run(
            "psephos organiser new --needed 2 --registrars 2",
            *("--title", "A bridge", "--question", "A bridge?", "--voters", VOTERS, "--minimum", 2),
            *("--trustees", TRUSTEES, "--threshold", THRESHOLD),
            *(word for key in keys for word in ("--organiser", key.strip('"'))),
        )
        (desk / "board.toml").write_text(f'log = "{log}"\n' + listed.replace("[[board.observer]]", "[[observer]]"))

    @property
    def _observers(self) -> list[Party]:
        return self.each("observer", OBSERVERS)

    def _observer(self, number: int, party: Party, log: str) -> str:
        """An observer makes its keys, and is listed."""
        witness = party.run("psephos-witness init w --name", f"observer{number}.example/w1").stdout.split()
        verifying = party.run("psephos observer init v --name", f"observer{number}.example").stdout.split()
        party.run("psephos-witness log add w", log)
        address = f"127.0.0.1:{free_port()}"
        (party / "address").write_text(address)
        lists = [", ".join(f'"{key}"' for key in keys) for keys in (witness, verifying)]
        return (
            f'\n[[board.observer]]\nname = "observer{number}"\nurl = "http://{address}"\n'
            f"witness = [{lists[0]}]\nverifying = [{lists[1]}]\n"
        )

    def sign(self, what: str, *arguments: object, files: tuple[str, ...] = ("charter.json",)) -> Path:
        """Two organisers sign, each at home; the first combines."""
        desk, _, other = self.organisers
        other.bring(*(desk / name for name in files))
        for party in (desk, other):
            party.run(f"psephos organiser sign {what}", *arguments, *_HOME)
        desk.bring(*(path for path in other.home.glob(f"{what}*-????????.note")))
        notes = sorted(desk.home.glob(f"{what}*-????????.note"))
        desk.run("psephos organiser combine charter.json", *notes)
        (combined,) = (path for path in desk.home.glob(f"{what}*.note") if path not in notes)
        return combined

    def start(self) -> None:
        """The charter comes into force; board and witnesses run."""
        note = self.sign("charter", "charter.json", "--fingerprint", self.charter)
        board = self.party("board")
        board.bring(note)
        board.run("psephos-server charter . charter.note")
        for party in self._observers:
            self.stack.enter_context(
                running(f"psephos-witness serve w --listen {(party / 'address').read_text()}", party.home)
            )
        self.serve()
        if not self.regions:
            files = ("definition.json", "charter.json")
            signed = self.sign("definition", *files, "--yes", files=files)
            self.organisers[0].run("psephos organiser post definition charter.json", self.url, files[0], signed)

    def add(self, change: str) -> None:
        """An addendum: organisers write, sign and post it."""
        desk = self.organisers[0]
        (desk / "change.toml").write_text(change)
        desk.run("psephos organiser addendum definition.json change.toml")
        files = ("charter.json", "definition.json", "addendum-1.json")
        signed = self.sign("addendum", *files, "--yes", files=files)
        desk.run("psephos organiser post addendum charter.json", self.url, "addendum-1.json", signed)

    def serve(self) -> None:
        """The board runs."""
        command = f"psephos-server serve . --listen 127.0.0.1:{self.port} --interval 0.1 --refresh 1 --free-space 0"
        self.stack.enter_context(running(command, self.party("board").home))
        until(lambda: self.health().get("size", 0) > 0)

    def health(self) -> dict[str, object]:
        """What the board says of itself."""
        try:
            found: dict[str, object] = httpx.get(f"{self.url}/health", timeout=5, trust_env=False).json()
        except httpx.HTTPError:
            return {}
        return found

    def hold_ceremony(self) -> None:
        """The trustees' key, and the registrars' credentials, by files."""
        desk = self.organisers[0]
        for number, trustee in enumerate(self.trustees, start=1):
            trustee.bring(desk / "charter.json")
            trustee.run(f"psephos trustee join charter.json --index {number}", *_HOME)
        self._collect("certificate")
        desk.run("psephos organiser ceremony certificates charter.json", *desk.home.glob("certificate-*.json"))
        for trustee in self.trustees:
            trustee.bring(desk / "certificates.json")
            trustee.run("psephos trustee share charter.json certificates.json", *_HOME)
        self._collect("polynomial")
        received = [desk / "certificates.json", *sorted(desk.home.glob("polynomial-*.json"))]
        desk.run("psephos organiser ceremony inputs charter.json", *received)
        for number, trustee in enumerate(self.trustees, start=1):
            trustee.bring(desk / f"input-{number}.json")
            trustee.run(f"psephos trustee receive charter.json certificates.json input-{number}.json", *_HOME)
        self._collect("output")
        received += sorted(desk.home.glob("output-*.json"))
        desk.run("psephos organiser ceremony assemble charter.json", *received)
        self._make_credentials()

    def _collect(self, name: str) -> None:
        for trustee in self.trustees:
            self.organisers[0].bring(*trustee.home.glob(f"{name}-*.json"))

    def _make_credentials(self) -> None:
        one, other = registrars = self.each("registrar", 2)
        identity = self.party("deliverer")
        made = identity.run("age-keygen -o identity")
        recipient = made.stderr.rsplit(maxsplit=1)[-1]
        roll = self._roll()
        for party in registrars:
            party.bring(self.organisers[0] / "charter.json")
            (party / "roll.csv").write_text(roll)
            party.run(f"psephos registrar commit charter.json roll.csv --count {VOTERS}", *_APART)
        self._exchange(one, other, "commitment-*.json")
        for party in registrars:
            party.run("psephos registrar reveal charter.json", *sorted(party.home.glob("commitment-*.json")), *_APART)
        self._exchange(one, other, "reveal-*.age")
        for party in registrars:
            files = sorted(party.home.glob("reveal-*.age"))
            party.run(
                "psephos registrar combine charter.json roll.csv", *files, "--deliverer", f"post={recipient}", *_APART
            )
        self.organisers[0].bring(one / "out" / "public-credentials.json")
        for number, party in enumerate(registrars, start=1):
            (identity / f"{number}.age").write_bytes((party / "out" / "delivery-post.age").read_bytes())
            opened = identity.run(f"age --decrypt --identity identity {number}.age").stdout
            for line in opened.splitlines():
                found = json.loads(line)
                if "credential" in found:
                    self._deliver(found["id"], found["credential"])

    def _roll(self) -> str:
        voters = range(1, VOTERS + 1)
        if not self.homes:
            return "id,channel\n" + "".join(f"voter-{number},post\n" for number in voters)
        lines = (f"voter-{number},post,{self.homes[number - 1]}\n" for number in voters)
        return "id,channel,region\n" + "".join(lines)

    def _deliver(self, voter: str, half: str) -> None:
        path = self.party(voter) / "credential"
        path.touch(mode=0o600)
        path.write_text(path.read_text() + half + "\n")

    @staticmethod
    def _exchange(one: Party, other: Party, pattern: str) -> None:
        mine, theirs = (list((party / "out").glob(pattern)) for party in (one, other))
        one.bring(*theirs)
        other.bring(*mine)

    def set_up(self) -> Path:
        """The setup by files; two organisers sign it."""
        desk = self.organisers[0]
        line = "psephos organiser setup charter.json trustees.json public-credentials.json"
        self.setup = desk.run(line).stdout.strip()
        return self.sign(
            "setup", "setup.bel", "charter.json", "--fingerprint", self.setup, files=("charter.json", "setup.bel")
        )

    def accept(self) -> None:
        """Trustees and registrars accept; trustees post for themselves, the organisers for the registrars."""
        desk = self.organisers[0]
        for trustee in self.trustees:
            trustee.bring(desk / "setup.bel")
            trustee.run(f"psephos trustee accept setup.bel charter.json --fingerprint {self.setup}", *_HOME)
            trustee.run("psephos trustee post charter.json", self.url)
        for party in self.each("registrar", 2):
            party.bring(desk / "setup.bel")
            line = "psephos registrar accept setup.bel charter.json out/public-credentials.json --fingerprint"
            party.run(line, self.setup, *_HOME, *(("--regions", "out/regions.bin") if self.regions else ()))
            desk.bring(*party.home.glob("acceptance-*.json"), *party.home.glob("regions-registrar-*.json"))
        desk.run("psephos organiser post acceptances charter.json", self.url, *desk.home.glob("acceptance-*.json"))

    def vote(self, number: int, choice: int) -> str:
        """A voter reads the board, casts, and hands in; prints nothing but her tracker."""
        voter = self.party(f"voter-{number}")
        path = voter / "choice"
        path.touch(mode=0o600)
        path.write_text(f"{choice}\n")
        line = f"psephos voter cast --board {self.url} --fingerprint {self.charter}"
        done = voter.run(line, "--credential-file", "credential", "--choice-file", "choice", "--out", "out")
        tracker = done.stdout.split()[1]
        ballot = max((voter / "out").glob("ballot-*.json"), key=lambda path: path.stat().st_mtime_ns)
        voter.run(
            f"psephos voter hand-in {ballot} {self.url} --fingerprint {self.charter}",
            "--receipt",
            f"{ballot}.tlog-proof",
        )
        return tracker

    def vote_together(self, choices: dict[int, int]) -> dict[int, str]:
        """Voters at the same time; their trackers."""
        with ThreadPoolExecutor(4) as pool:
            return dict(zip(choices, pool.map(lambda one: self.vote(*one), choices.items()), strict=True))

    def verify_with(self, *observers: int) -> None:
        """Observers check every entry that the board shows, cosign, and bring their cosignatures to the board."""
        for party in (self.party(f"observer-{number}") for number in observers):
            party.bring(self.organisers[0] / "charter.json")
            party.run(f"psephos observer follow {self.url} --home v --charter charter.json --once")
