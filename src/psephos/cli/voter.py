"""`psephos voter`: encrypt a choice, cast a ballot. Credential and choice come from files or prompts only."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import ClassVar, NamedTuple

import click

from psephos.adapters.files import FileSource, read_message, read_secret
from psephos.adapters.system import system_randomness
from psephos.cli.terminal import say, write
from psephos.errors import MalformedError
from psephos.protocol.casting import UnsignedBallots
from psephos.protocol.credentials import read_typed
from psephos.protocol.encoding import sha256_hex
from psephos.protocol.group import Elements, Secrets
from psephos.record.charter import read_charter
from psephos.roles import voter as role

_NAME_DIGITS = 16

_file = click.Path(path_type=Path, dir_okay=False)
_directory = click.Path(path_type=Path, file_okay=False)
_out = click.option("-o", "--out", type=_directory, default=".", show_default=True, help="Where the ballot goes.")
_record = click.argument("record", type=_file, required=False)
_board = click.option("--board", metavar="URL", help="Read the vote off the board at this address, instead of a file.")
_charter = click.option("--charter", type=_file, help="The charter that you know: the record must be of its vote.")
_fingerprint = click.option(
    "--fingerprint", metavar="HEX", help="With --board: the charter's fingerprint, if you have not the charter itself."
)
_credential = click.option(
    "--credential-file",
    type=_file,
    help="Your credential (mode 600): one line, or two lines for two halves. Asked for if not given.",
)
_choice = click.option(
    "--choice-file",
    type=_file,
    help="Your choice (mode 600): a line per question, numbers of answers from 1 with commas between, or blank. "
    "Asked for if not given.",
)


class _Verbs(click.Group):
    """Loads the verbs about boards and challenges only when they are used."""

    _elsewhere: ClassVar[dict[str, tuple[str, str]]] = {
        "check-challenge": ("psephos.cli.challenge", "check_challenge_"),
        "hand-in": ("psephos.cli.voter_board", "hand_in_"),
        "receipt": ("psephos.cli.voter_board", "receipt"),
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self._elsewhere])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self._elsewhere:
            module, name = self._elsewhere[cmd_name]
            command: click.Command = getattr(importlib.import_module(module), name)
            return command
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
def voter() -> None:
    """Voter: encrypt a choice, cast a ballot, hand it in, find it."""


@voter.command()
@_record
@_board
@_charter
@_fingerprint
@_credential
@_choice
@_out
def encrypt(
    *,
    record: Path | None,
    board: str | None,
    charter: Path | None,
    fingerprint: str | None,
    credential_file: Path | None,
    choice_file: Path | None,
    out: Path,
) -> None:
    """Encrypt a choice for the vote in RECORD (setup.bel or record.bel) or on a board, without casting it.

    Prints the commitment: note it, then cast the ballot or not. This is not a vote yet.
    """
    known = _Known(record, board, charter, fingerprint)
    vote, credential = _identify(known, credential_file)
    unsigned = _encrypt(vote, credential, choice_file)
    (text,), (commitment,) = unsigned.texts, unsigned.commitments
    path = out / f"ballot-{sha256_hex(text)[:_NAME_DIGITS]}.unsigned.json"
    write(path, text, what="encrypted, not cast")
    click.echo(f"commitment   {commitment}")
    say(f"next: `psephos voter cast {known.words} --unsigned {path}`; until then you have not voted")


@voter.command()
@_record
@_board
@_charter
@_fingerprint
@_credential
@_choice
@click.option("--unsigned", type=_file, help="A ballot from `encrypt`; without it, encrypt and cast in one go.")
@_out
def cast(
    *,
    record: Path | None,
    board: str | None,
    charter: Path | None,
    fingerprint: str | None,
    credential_file: Path | None,
    choice_file: Path | None,
    unsigned: Path | None,
    out: Path,
) -> None:
    """Cast a ballot for the vote in RECORD (setup.bel or record.bel) or on a board: sign it with your credential.

    Prints the tracker, under which you find the ballot in the record. The ballot still has to be handed in.
    From a board, the vote is read only if its charter is the one that you know, and enough observers have cosigned it.
    """
    if unsigned is not None and choice_file is not None:
        raise click.UsageError("--unsigned holds a choice already; give it or --choice-file")
    vote, credential = _identify(_Known(record, board, charter, fingerprint), credential_file)
    ballot = (
        role.read_unsigned(read_message(unsigned)) if unsigned is not None else _encrypt(vote, credential, choice_file)
    )
    signed = role.cast(vote.election, credential, ballot, system_randomness())
    tracker = role.tracker(signed)
    path = out / f"ballot-{tracker.fingerprint[:_NAME_DIGITS]}.json"
    write(path, signed, what="cast ballot")
    click.echo(f"tracker      {tracker.base64}")
    click.echo(f"in groups    {tracker.base32}")
    click.echo(f"fingerprint  {tracker.fingerprint}")
    say("keep the tracker; it does not tell what you chose")
    how = f": psephos voter hand-in {path} {board}" if board else " to the ballot box"
    say(f"next: hand in {path.name}, yourself or through anybody; until then it is not counted{how}")


@voter.command()
@click.argument("tracker")
@click.argument("record")
@click.option("--charter", type=_file, help="With an address: the charter that you know.")
@click.option("--fingerprint", metavar="HEX", help="With an address: the charter's fingerprint, if you have it only.")
def find(*, tracker: str, record: str, charter: Path | None, fingerprint: str | None) -> int:
    """Look for the ballot with that TRACKER in RECORD, a copy that you have: nobody learns that you looked.

    RECORD may be a board's address; what is fetched from there are files that many ballots share.

    Exit code: 0 it is there, 1 it is not.
    """
    if "://" in record:
        from psephos.cli import voter_board  # noqa: PLC0415 - loads signatures and HTTP, which files alone need not

        wanted = role.read_tracker(tracker)
        return voter_board.find_on_board(wanted, record, charter=charter, fingerprint=fingerprint)
    found = role.find(FileSource(Path(record)), tracker)
    if found is None:
        click.echo("not in this record")
        say("hint: is the record newer than your ballot? then hand the ballot in again: it is never counted twice")
        return 1
    click.echo(f"ballot {found.number} of {found.ballots}")
    if found.superseded:
        say("a later ballot was cast with the same credential: that one counts")
    return 0


class _Known(NamedTuple):
    """Where the vote is read from, and what the voter knows of its charter."""

    record: Path | None
    board: str | None
    charter: Path | None
    fingerprint: str | None

    @property
    def words(self) -> str:
        """How a command line names it."""
        return f"--board {self.board}" if self.board is not None else str(self.record)


def _identify(known: _Known, credential_file: Path | None) -> tuple[role.Vote, tuple[Secrets, Elements]]:
    """Read the vote, say which one it is, and open the voter's credential."""
    vote, halves = _read_vote(known)
    say(vote.election.name)
    say(f"fingerprint of the election: {vote.election.fingerprint}")
    if vote.charter is not None:
        given = known.charter is not None or known.board is not None
        say(f"fingerprint of its charter:  {vote.charter}" + (" (the one you gave)" if given else ""))
    typed = role.read_credential(_text(credential_file)) if credential_file is not None else _ask_credential(halves)
    if halves is not None and len(typed) != halves:
        raise MalformedError(
            f"this vote needs {halves} lines of credential, and these are {len(typed)}",
            hint="each registrar sent you a half; give both"
            if halves > 1
            else "the only registrar sent you a whole one",
        )
    return vote, role.open_credential(vote, typed)


def _read_vote(known: _Known) -> tuple[role.Vote, int | None]:
    """The vote, and how many lines its credentials have, if that is known."""
    if (known.record is None) == (known.board is None):
        raise click.UsageError("give RECORD, or --board URL")
    if known.board is not None:
        from psephos.cli import voter_board  # noqa: PLC0415 - loads signatures and HTTP, which files alone need not

        return voter_board.read_vote(known.board, charter=known.charter, fingerprint=known.fingerprint)
    if known.fingerprint is not None:
        raise click.UsageError("--fingerprint is the charter's, for --board; with RECORD give --charter")
    charter = read_message(known.charter) if known.charter is not None else None
    vote = role.read_vote(FileSource(known.record or Path()), charter)
    return vote, len(read_charter(charter).registrars) if charter is not None else None


def _encrypt(vote: role.Vote, credential: tuple[Secrets, Elements], choice_file: Path | None) -> UnsignedBallots:
    choice = role.read_choice(vote.election, _text(choice_file)) if choice_file is not None else _ask_choice(vote)
    return role.encrypt(vote.election, credential, choice, system_randomness())


def _text(path: Path) -> str:
    """A secret file's text.

    Raises:
        MalformedError: Not UTF-8; nothing of it is shown.
    """
    try:
        return read_secret(path).decode()
    except UnicodeDecodeError:
        raise MalformedError(f"{path}: not UTF-8 text", at=str(path)) from None


def _ask_credential(halves: int | None) -> list[str]:
    """Ask until what was typed can be a credential."""
    typed: list[str] = []
    labels = {1: "Credential", 2: "First half of the credential"}
    label = labels[halves] if halves is not None else "Credential, or its first half"
    while len(typed) < (halves or role.MOST_HALVES):
        answer: str = click.prompt(label, hide_input=True, default="", show_default=False, err=True)
        if not answer.strip() and typed and halves is None:
            break
        try:
            typed = role.read_credential("\n".join([*typed, read_typed(answer)]))
        except MalformedError as error:
            say(f"{error}" + (f" ({error.hint})" if error.hint else ""))
            continue
        label = "Second half of the credential" + ("" if halves else " (Enter if you have one credential only)")
    return typed


def _ask_choice(vote: role.Vote) -> list[list[int]]:
    """Show each question and ask for the answer, hidden and twice: choice and tracker never stand on one screen."""
    choice = []
    for number, question in enumerate(vote.election.questions, start=1):
        say(f"\n{number}. {question.question}")
        for place, answer in enumerate(question.answers, start=1):
            say(f"   {place:>3}  {answer}")
        if question.blank_allowed:
            say(f"  {role.BLANK}")
        label = f"Your answer, not shown ({role.explain_answers(question)})"
        while True:
            typed: str = click.prompt(label, hide_input=True, confirmation_prompt=True, err=True)
            try:
                choice.append(role.read_answer(question, typed, number=number))
                break
            except MalformedError as error:
                say(str(error))
    return choice
