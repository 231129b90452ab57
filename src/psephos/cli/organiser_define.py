"""`psephos organiser new`, `define`: from a template to a definition that organisers sign, and to its charter."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import msgspec

from psephos.adapters.files import read_message
from psephos.adapters.package_data import read_text
from psephos.adapters.system import SystemClock, system_randomness
from psephos.cli.definition import show_findings, word_lists
from psephos.cli.organiser_notes import read_time
from psephos.cli.terminal import say, write
from psephos.errors import MalformedError, MismatchError
from psephos.protocol.encoding import read_json
from psephos.record.board_terms import BoardTerms, show_time
from psephos.record.charter import RegistrarKey, fingerprint, read_charter
from psephos.record.terms import read_terms
from psephos.referendum.definition import Definition, charter_draft, read_draft, write_definition
from psephos.referendum.definition import fingerprint as definition_fingerprint
from psephos.referendum.definition_charter import board_fields, check_agreement, check_observers
from psephos.referendum.definition_regions import region_terms
from psephos.referendum.draft import Basics, draft_rehearsal
from psephos.referendum.handwritten import read_handwritten
from psephos.referendum.lint import check_publishable
from psephos.referendum.lint_page import lint
from psephos.roles import organiser as role
from psephos.roles.organiser_board import make_terms

CHARTER = "charter.json"
DEFINITION = "definition.json"
BOARD = "board.toml"
_OPEN_HOURS = 12
_VOTERS = 10
_MOST_DIGITS = 9
_TITLE = "Rehearsal: the harbour"
_QUESTION = "Shall the harbour be extended?"

_file = click.Path(path_type=Path, dir_okay=False)
_count = click.IntRange(1, 100)


@click.command()
@click.argument("file", type=_file, default=Path("referendum.toml"))
@click.option(
    "--kind",
    type=click.Choice(["rehearsal", "urgent", "statutory", "plain"]),
    default="rehearsal",
    show_default=True,
    help="plain: the short form, without a definition, for a referendum by files.",
)
@click.option("--title", help="Of a rehearsal; asked for without it.")
@click.option("--question", help="Likewise.")
@click.option("--opens-at", metavar="TIME", help="With its offset from UTC; now without it.")
@click.option("--closes-at", metavar="TIME", help=f"With its offset; {_OPEN_HOURS} hours after the opening without it.")
@click.option("--voters", type=click.IntRange(min=1), help=f"How many are registered; {_VOTERS} without it.")
@click.option("--minimum", type=click.IntRange(min=2), default=2, show_default=True, help="Smallest sum decrypted.")
@click.option("--trustees", type=_count, default=3, show_default=True, help="How many hold the key.")
@click.option("--threshold", type=_count, help="How many decrypt; more than half of them without it.")
@click.option("--registrars", type=click.IntRange(1, 2), default=1, show_default=True, help="Two: half a credential.")
@click.option("--organiser", "organisers", multiple=True, metavar="VKEY", help="An organiser's key; once for each.")
@click.option("--region", "regions", multiple=True, metavar="NAME=VOTERS", help="Counted apart; once for each.")
@click.option("--needed", type=_count, help="How many organisers must sign; all of them without it.")
def new(file: Path, *, kind: str, **answers: Any) -> None:
    """Write a commented template to FILE (referendum.toml), and one for a board to board.toml beside it.

    A rehearsal unless you say otherwise: every ballot then says that it counts for nothing. On a terminal, and without
    --title, you are asked for title, question, closing time and the number of voters.
    """
    if kind == "rehearsal":
        content = draft_rehearsal(read_text("rehearsal.toml"), _basics(**answers))
    elif kind == "plain":
        content = read_text("plain.toml").encode()
    else:
        content = read_text("template.toml").replace('kind = "statutory"', f'kind = "{kind}"').encode()
    write(file, content, what="template")
    if kind != "plain":
        write(file.with_name(BOARD), read_text(BOARD).encode(), what="template, for a referendum on a board")
        say(f"next: edit them; psephos auditor lint {file} says what is missing")
    say(f"then: psephos organiser define {file} --registrar registrar.json")


def _basics(
    *,
    title: str | None,
    question: str | None,
    opens_at: str | None,
    closes_at: str | None,
    voters: int | None,
    minimum: int,
    trustees: int,
    threshold: int | None,
    registrars: int,
    organisers: tuple[str, ...],
    needed: int | None,
    regions: tuple[str, ...],
) -> Basics:
    opens = datetime.fromtimestamp(SystemClock().now() if opens_at is None else read_time(opens_at), UTC)
    ask = _asking(title is None and sys.stdin.isatty())
    named = ask("Title", title, _TITLE), ask("Question", question, _QUESTION)
    usual = (opens + timedelta(hours=_OPEN_HOURS)).isoformat()
    closes = datetime.fromtimestamp(read_time(ask("Closes at", closes_at, usual)), UTC)
    if closes <= opens:
        raise MalformedError("it closes before it opens", at="--closes-at")
    latest = closes + timedelta(days=1)
    return Basics(
        title=named[0],
        question=named[1],
        opens_at=opens.isoformat(),
        closes_at=closes.isoformat(),
        latest_close=latest.isoformat(),
        voters=voters or _number(ask("How many voters", None, str(_VOTERS)), at="--voters"),
        minimum_counted=minimum,
        trustees=trustees,
        threshold=threshold or trustees // 2 + 1,
        registrars=registrars,
        organisers=organisers or ("",),
        organisers_needed=needed or max(len(organisers), 1),
        regions=tuple(map(_region, regions)),
    )


def _region(given: str) -> tuple[str, int]:
    name, _, voters = given.rpartition("=")
    if not name:
        raise click.UsageError(f"--region: {given[:40]!a} is not NAME=VOTERS")
    return name, _number(voters, at="--region")


def _number(text: str, *, at: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > _MOST_DIGITS or int(text) < 1:
        raise click.UsageError(f"{at}: {text[:40]!a} is not a number of voters")
    return int(text)


def _asking(asks: bool) -> Callable[[str, str | None, str], str]:
    """What was given; otherwise what is answered at the terminal, or the proposal where nobody is asked."""

    def ask(what: str, given: str | None, proposal: str) -> str:
        if given is not None:
            return given
        return str(click.prompt(what, default=proposal, err=True)) if asks else proposal

    return ask


@click.command()
@click.argument("file", type=_file)
@click.option("--registrar", "registrars", type=_file, multiple=True, required=True, help="A registrar's public key.")
@click.option("--board", type=_file, help="Where the log is and who watches it (board.toml); without it, by files.")
@click.option("--group", default="Ed25519", show_default=True, help="The group, for a definition.")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    show_default="the current directory",
    help="The organiser's directory.",
)
def define(file: Path, registrars: tuple[Path, ...], *, board: Path | None, group: str, home: Path) -> None:
    """Make charter.json from FILE and the registrars' keys.

    FILE is a definition (referendum.toml, as `new` writes it): the linter must have nothing against it, and its
    canonical form is written beside the charter (definition.json), for organisers to sign. Or it is the short form
    without a definition.
    """
    received = read_message(file)
    draft = read_handwritten(received, what=file.name)
    keys = [read_json(read_message(path), RegistrarKey, what=str(path)) for path in registrars]
    if "format" in draft:
        terms, charter = _define(received, keys, file=file, board=board, group=group, home=home)
    else:
        terms, charter = _define_plainly(draft, keys, board=board)
    write(home / CHARTER, charter, what="charter, for every party")
    click.echo(fingerprint(charter))
    say("next: send charter.json to every party; tell them its fingerprint (above) by another way")
    if terms is not None:
        say(f"      and let {terms.organisers_needed} organisers sign it: psephos organiser sign charter charter.json")
        if "format" in draft:
            say("      and the definition: psephos organiser sign definition definition.json charter.json")


def _define_plainly(
    draft: dict[str, Any], registrars: list[RegistrarKey], *, board: Path | None
) -> tuple[BoardTerms | None, bytes]:
    """A charter that names no definition."""
    if board is not None:
        raise click.UsageError("--board: the short form has a section [board]")
    terms = _board_terms(draft.pop("board")) if "board" in draft else None
    return terms, role.define(draft, registrars, board=terms, rng=system_randomness())


def _define(
    received: bytes, registrars: list[RegistrarKey], *, file: Path, board: Path | None, group: str, home: Path
) -> tuple[BoardTerms | None, bytes]:
    """A definition that good practice has nothing against, and the charter that names it.

    Raises:
        RefusedError: A finding of the linter stands against it.
        MismatchError: What else was given is not what it says.
    """
    definition = read_draft(received, what=file.name)
    report = lint(definition, word_lists())
    if report.blocking:
        show_findings(report, stderr=True)
    check_publishable(report)
    published = write_definition(definition)
    draft, regions = charter_draft(published, group=group), region_terms(definition)
    terms = None if board is None else _terms(definition, board)
    if regions is not None:
        draft["regions"] = msgspec.to_builtins(regions)
    charter = role.define(draft, registrars, board=terms, rng=system_randomness())
    check_agreement(published, read_charter(charter), charter)
    if terms is not None and definition.kind != "rehearsal":
        check_observers(definition, read_terms(terms))
    write(home / DEFINITION, published, what="definition, for every party")
    say(f"fingerprint of the definition {definition_fingerprint(published)}")
    say(f"the linter has {len(report.findings)} findings, and none stands against it: psephos auditor lint {file}")
    return terms, charter


def _terms(definition: Definition, board: Path) -> BoardTerms:
    """The charter's terms about its board: what the definition says, and what stands in the board's own file.

    Raises:
        MismatchError: The file says what only the definition says.
        MalformedError: A field is missing, unknown or does not fit.
    """
    beside, fixed = read_handwritten(read_message(board), what=board.name), board_fields(definition)
    for name in fixed:
        if name in beside:
            raise MismatchError(f"{board.name}: {name} is what the definition says, and stands there only", at=name)
    terms = _board_terms(beside | fixed)
    say(f"opens {show_time(terms.opens_at)}, closes {show_time(terms.closes_at)}")
    return terms


def _board_terms(draft: object) -> BoardTerms:
    """The terms about a board; what is doubtful about them is said."""
    terms, warnings = make_terms(draft)
    for warning in warnings:
        say(f"warning: {warning}")
    return terms
