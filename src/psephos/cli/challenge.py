"""`psephos voter check-challenge`: what a challenged ballot holds."""

from __future__ import annotations

from pathlib import Path

import click

from psephos.adapters.files import read_message, read_secret
from psephos.cli.terminal import say
from psephos.errors import InvalidProofError, MalformedError, MismatchError
from psephos.roles.voter import read_credential
from psephos.roles.voter_challenge import Opened, check_challenge, check_credential

_file = click.Path(path_type=Path, dir_okay=False)


@click.command("check-challenge")
@click.argument("challenge", type=_file)
@click.option(
    "--credential-file",
    type=_file,
    help="Your credential (mode 600): checks that the ballot was made for it. One line, or two lines for two halves.",
)
@click.option("--commitment", help="The seal that the challenged device showed before it opened the ballot.")
@click.option("--election", help="The election's fingerprint as you know it, in base64.")
def check_challenge_(
    *, challenge: Path, credential_file: Path | None, commitment: str | None, election: str | None
) -> int:
    """Check the test file CHALLENGE of another device: whether its ballot holds what the device says.

    Prints what the ballot holds, its seal and the election's fingerprint; compare both, or give them as options.

    Exit code: 0 it holds that, 1 it does not.
    """
    received = read_message(challenge)
    try:
        opened = check_challenge(received)
        _compare(opened, commitment=commitment, election=election)
        if credential_file is not None:
            check_credential(opened, read_credential(_text_of(credential_file)))
    except (InvalidProofError, MismatchError) as error:
        click.echo(f"no: {error.message}")
        say(f"hint: {error.hint}" if error.hint else "hint: it is not the ballot or the vote that you expected")
        return 1
    _show(opened)
    return 0


def _compare(opened: Opened, *, commitment: str | None, election: str | None) -> None:
    for name, given, found in (
        ("seal", commitment, opened.commitment),
        ("election's fingerprint", election, opened.election.fingerprint),
    ):
        if given is not None and given.strip() != found:
            raise MismatchError(f"the {name} is another one", at=name)


def _text_of(path: Path) -> str:
    try:
        return read_secret(path).decode()
    except UnicodeDecodeError:
        raise MalformedError(f"{path}: not UTF-8 text", at=str(path)) from None


def _show(opened: Opened) -> None:
    for question, chosen in zip(opened.election.questions, opened.chosen, strict=True):
        answers = ["(blank)"] if chosen is None else [question.answers[place] for place in chosen] or ["(none)"]
        click.echo(f"{question.question}: {', '.join(answers)}")
    click.echo(f"seal         {opened.commitment}")
    click.echo(f"election     {opened.election.fingerprint}")
    click.echo(f"credential   {opened.credential}")
    say("the seal must be the one that the device showed before; the election that of your vote")
    say("delete the file: whoever has it knows this choice, and which ballots in the record are of this credential")
