"""`psephos voter`: encrypt a choice, cast a ballot. Credential and choice come from files or prompts only."""

from __future__ import annotations

from pathlib import Path

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
_charter = click.option("--charter", type=_file, help="The charter that you know: the record must be of its vote.")
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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def voter() -> None:
    """Voter: encrypt a choice and cast a ballot."""


@voter.command()
@click.argument("record", type=_file)
@_charter
@_credential
@_choice
@_out
def encrypt(
    *, record: Path, charter: Path | None, credential_file: Path | None, choice_file: Path | None, out: Path
) -> None:
    """Encrypt a choice for the vote in RECORD (setup.bel or record.bel), without casting it.

    Prints the commitment: note it, then cast the ballot or not. This is not a vote yet.
    """
    vote, credential = _identify(record, charter, credential_file)
    unsigned = _encrypt(vote, credential, choice_file)
    (text,), (commitment,) = unsigned.texts, unsigned.commitments
    path = out / f"ballot-{sha256_hex(text)[:_NAME_DIGITS]}.unsigned.json"
    write(path, text, what="encrypted, not cast")
    click.echo(f"commitment   {commitment}")
    say(f"next: `psephos voter cast {record} --unsigned {path}`; until then you have not voted")


@voter.command()
@click.argument("record", type=_file)
@_charter
@_credential
@_choice
@click.option("--unsigned", type=_file, help="A ballot from `encrypt`; without it, encrypt and cast in one go.")
@_out
def cast(
    *,
    record: Path,
    charter: Path | None,
    credential_file: Path | None,
    choice_file: Path | None,
    unsigned: Path | None,
    out: Path,
) -> None:
    """Cast a ballot for the vote in RECORD (setup.bel or record.bel): sign it with your credential.

    Prints the tracker, under which you find the ballot in the record. The ballot still has to be handed in.
    """
    if unsigned is not None and choice_file is not None:
        raise click.UsageError("--unsigned holds a choice already; give it or --choice-file")
    vote, credential = _identify(record, charter, credential_file)
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
    say(f"next: hand in {path.name} to the ballot box, yourself or through anybody; until then it is not counted")


@voter.command()
@click.argument("tracker")
@click.argument("record", type=_file)
def find(*, tracker: str, record: Path) -> int:
    """Look for the ballot with that TRACKER in RECORD, a copy that you have: nobody learns that you looked.

    Exit code: 0 it is there, 1 it is not.
    """
    found = role.find(FileSource(record), tracker)
    if found is None:
        click.echo("not in this record")
        say("hint: is the record newer than your ballot? then hand the ballot in again: it is never counted twice")
        return 1
    click.echo(f"ballot {found.number} of {found.ballots}")
    if found.superseded:
        say("a later ballot was cast with the same credential: that one counts")
    return 0


def _identify(
    record: Path, charter: Path | None, credential_file: Path | None
) -> tuple[role.Vote, tuple[Secrets, Elements]]:
    """Read the vote, say which one it is, and open the voter's credential."""
    known = read_message(charter) if charter is not None else None
    vote = role.read_vote(FileSource(record), known)
    say(vote.election.name)
    say(f"fingerprint of the election: {vote.election.fingerprint}")
    if vote.charter is not None:
        say(f"fingerprint of its charter:  {vote.charter}" + (" (the one you gave)" if known is not None else ""))
    halves = len(read_charter(known).registrars) if known is not None else None
    typed = role.read_credential(_text(credential_file)) if credential_file is not None else _ask_credential(halves)
    if halves is not None and len(typed) != halves:
        raise MalformedError(
            f"this vote needs {halves} lines of credential, and these are {len(typed)}",
            hint="each registrar sent you a half; give both"
            if halves > 1
            else "the only registrar sent you a whole one",
        )
    return vote, role.open_credential(vote, typed)


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
