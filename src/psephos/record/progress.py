"""What is done, what is next, and who is waited for: read off the files that a party has.

A party's work is a list of steps. A step is done when its file is there; it can be taken when the files that it needs
are there; while they are not, those who send them are waited for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from psephos.record.charter import Charter
from psephos.record.definition_entry import definition_in
from psephos.record.phases import Phase

_TRUSTEE_FILE = re.compile(r"trustee-([0-9]+)\.(?:seed|key)\.age|(?:certificate|public-key)-([0-9]+)\.json")


@dataclass(frozen=True)
class Need:
    """Files that others send: one of each pair (name, sender), of which `enough` suffice."""

    files: tuple[tuple[str, str], ...]
    enough: int

    def missing(self, names: set[str]) -> list[str]:
        """Who is waited for; nobody once enough files are there."""
        absent = [sender for name, sender in self.files if name not in names]
        return [] if len(self.files) - len(absent) >= self.enough else absent


@dataclass(frozen=True)
class Step:
    """One step of a party.

    Attributes:
        does: What it does, for people.
        done: Whether it was taken.
        command: How to take it.
        waits_for: Who has to send something first.
    """

    does: str
    done: bool
    command: str
    waits_for: tuple[str, ...] = ()


def _from(name: str, sender: str) -> Need:
    return Need(((name, sender),), 1)


def _from_each(pattern: str, senders: Sequence[str], enough: int = 0) -> Need:
    files = tuple((pattern.format(number), sender) for number, sender in enumerate(senders, start=1))
    return Need(files, enough or len(files))


def _step(names: set[str], does: str, makes: str, command: str, *needs: Need) -> Step:
    missing = dict.fromkeys(sender for need in needs for sender in need.missing(names))
    return Step(does, makes in names, command, tuple(missing))


def in_order(steps: Sequence[Step]) -> list[Step]:
    """The same steps; those before a step that was taken were taken too, wherever their files went."""
    last = max((place for place, step in enumerate(steps) if step.done), default=-1)
    return [replace(step, done=place <= last) for place, step in enumerate(steps)]


def organiser_steps(names: set[str], charter: Charter | None, phase: Phase) -> list[Step]:
    """The organiser's steps.

    Args:
        names: Names of the files in its directory.
        charter: Once there is one.
        phase: Of its record; EMPTY while there is none.
    """
    if charter is None:
        registrar = _from("registrar-1.json", "a registrar (registrar.json)")
        if "registrar.json" in names:
            registrar = Need((), 0)
        command = "psephos organiser new; psephos organiser define referendum.toml --registrar FILE"
        return [_step(names, "define the referendum", "charter.json", command, registrar)]
    trustees = [f"trustee {number} ({name})" for number, name in enumerate(charter.trustees, start=1)]
    registrars = [f"registrar {number} ({one.name})" for number, one in enumerate(charter.registrars, start=1)]
    accepted = (
        _from_each("acceptance-trustee-{}.json", trustees),
        _from_each("acceptance-registrar-{}.json", registrars),
    )
    defined = Step("define the referendum", done=True, command="")
    setup = [
        *_ceremony_steps(names, trustees, mandatory=charter.mandatory),
        _step(
            names,
            "put the setup together",
            "setup.bel",
            "psephos organiser setup charter.json trustees.json public-credentials.json",
            _from("public-credentials.json", " and ".join(registrars)),
        ),
    ]
    if charter.board is not None:
        definition = [_signed(names, "definition")] if definition_in(charter.text) else []
        signed = [_signed(names, "charter"), *definition]
        return [defined, *signed, *setup, _signed(names, "setup"), _on_the_board(names, *accepted)]
    return [
        defined,
        *setup,
        _step(names, "open the ballot box", "record.bel", "psephos organiser open ACCEPTANCE…", *accepted),
        *_vote_steps(names, trustees, charter.threshold, phase),
    ]


def _signed(names: set[str], what: str) -> Step:
    own = {"setup": "setup.bel ", "definition": "definition.json "}.get(what, "")
    command = f"psephos organiser sign {what} {own}charter.json; psephos organiser combine charter.json NOTE…"
    if what == "definition":
        command += "; once the board runs psephos organiser post definition charter.json URL definition.json NOTE"
    return _step(names, f"sign the {what} together", f"{what}.note", command)


def _on_the_board(names: set[str], *accepted: Need) -> Step:
    """What remains; the board itself tells how far that is."""
    posts = ("post setup charter.json URL setup.bel setup.note", "post acceptances charter.json URL FILE…")
    command = "; ".join([*(f"psephos organiser {verb}" for verb in posts), "after the end psephos auditor finish URL"])
    return _step(names, "bring the setup to the board, where the vote goes on by itself", "", command, *accepted)


def _ceremony_steps(names: set[str], trustees: list[str], *, mandatory: bool) -> list[Step]:
    desk = "psephos organiser ceremony"
    if mandatory:
        keys = _from_each("public-key-{}.json", trustees)
        return [
            _step(names, "collect the trustees' keys", "trustees.json", f"{desk} assemble charter.json FILE…", keys)
        ]
    return [
        _step(
            names,
            "collect the trustees' certificates",
            "certificates.json",
            f"{desk} certificates charter.json FILE…",
            _from_each("certificate-{}.json", trustees),
        ),
        _step(
            names,
            "route what trustees send each other",
            "input-1.json",
            f"{desk} inputs charter.json certificates.json FILE…",
            _from_each("polynomial-{}.json", trustees),
        ),
        _step(
            names,
            "put the trustees' key together",
            "trustees.json",
            f"{desk} assemble charter.json certificates.json FILE…",
            _from_each("output-{}.json", trustees),
        ),
    ]


def _vote_steps(names: set[str], trustees: list[str], threshold: int, phase: Phase) -> list[Step]:
    phases = list(Phase)
    after = phases.index(phase)
    shares = [_from_each(pattern, trustees, threshold) for pattern in ("decryption-{}.json", "bound-{}.json")]
    publish = _step(names, "publish the result", "record.bound.json", "psephos organiser publish FILE…", *shares)
    return [
        Step(
            "take in ballots, then close",
            done=after >= phases.index(Phase.CLOSED),
            command="psephos organiser accept BALLOT…; psephos organiser close",
        ),
        Step("add up the ballots", done=after >= phases.index(Phase.TALLIED), command="psephos organiser tally"),
        Step(publish.does, phase is Phase.DONE, publish.command, publish.waits_for),
    ]


def trustee_steps(names: set[str], index: int, charter: Charter | None) -> list[Step]:
    """The steps of trustee `index`; 0 while it has not joined."""
    number = index or "I"
    organiser = "the organiser"
    known = _from("charter.json", organiser)
    join = f"psephos trustee join charter.json --index {number}"
    accept = _step(
        names,
        "check and accept the setup",
        f"acceptance-trustee-{number}.json",
        "psephos trustee accept setup.bel charter.json",
        _from("setup.bel", organiser),
    )
    decrypt = _step(
        names,
        "decrypt the sum",
        f"decryption-{number}.json",
        "psephos trustee decrypt record.bel charter.json",
        _from("record.bel", organiser),
    )
    if charter is not None and charter.board is not None:
        on_board = "psephos trustee decrypt charter.json --board URL; psephos trustee post charter.json URL"
        decrypt = _step(names, "decrypt the sum, after the end of the vote", f"decryption-{number}.json", on_board)
    if charter is not None and charter.mandatory:
        return [_step(names, "make a key", f"public-key-{number}.json", join, known), accept, decrypt]
    return [
        _step(names, "make a certificate", f"certificate-{number}.json", join, known),
        _step(
            names,
            "share a secret polynomial",
            f"polynomial-{number}.json",
            "psephos trustee share charter.json certificates.json",
            _from("certificates.json", organiser),
        ),
        _step(
            names,
            "receive a share of the key",
            f"output-{number}.json",
            f"psephos trustee receive charter.json certificates.json input-{number}.json",
            _from(f"input-{number}.json", organiser),
        ),
        accept,
        decrypt,
    ]


def registrar_steps(names: set[str], number: int, charter: Charter | None) -> list[Step]:
    """The steps of registrar `number`, as the charter numbers them."""
    organiser = "the organiser"
    steps = [_step(names, "make a signing key", "registrar.key", "psephos registrar key --name NAME")]
    known = _from("charter.json", organiser)
    if charter is None or len(charter.registrars) == 1:
        issue = "psephos registrar issue charter.json roll.csv --deliverer CHANNEL=age1…"
        steps.append(_step(names, "issue credentials", "public-credentials.json", issue, known))
    else:
        steps += _half_steps(names, str(number), str(3 - number), known)
    setup = _from("setup.bel", organiser)
    accept = "psephos registrar accept setup.bel charter.json public-credentials.json"
    return [*steps, _step(names, "check and accept the setup", f"acceptance-registrar-{number}.json", accept, setup)]


def _half_steps(names: set[str], own: str, other: str, known: Need) -> list[Step]:
    partner = "the other registrar"
    return [
        _step(
            names,
            "make half a credential each",
            f"commitment-{own}.json",
            "psephos registrar commit charter.json roll.csv",
            known,
        ),
        _step(
            names,
            "show the public halves",
            f"reveal-{own}.age",
            f"psephos registrar reveal charter.json commitment-{other}.json",
            _from(f"commitment-{other}.json", partner),
        ),
        _step(
            names,
            "combine the halves",
            "public-credentials.json",
            f"psephos registrar combine charter.json roll.csv reveal-{other}.age --deliverer CHANNEL=age1…",
            _from(f"reveal-{other}.age", partner),
        ),
    ]


def trustee_index(names: Iterable[str]) -> int:
    """Which trustee keeps these files; 0 if none does."""
    for name in sorted(names):
        match = _TRUSTEE_FILE.fullmatch(name)
        if match and name.endswith(".age"):
            return int(match[1])
    return 0
