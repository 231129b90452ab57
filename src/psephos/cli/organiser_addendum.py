"""`psephos organiser addendum`: write down what changes after the definition is in force."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from psephos.adapters.files import read_message
from psephos.adapters.system import SystemClock
from psephos.cli.terminal import say, write
from psephos.record.board_terms import show_time
from psephos.referendum.addenda import Extend, make_addendum, read_addendum
from psephos.referendum.handwritten import read_handwritten

_file = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("definition", type=_file)
@click.argument("change", type=_file)
@click.argument("earlier", type=_file, nargs=-1)
@click.option("--made-at", metavar="TIME", help="When it was decided, with its offset; now without it.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Directory for what is to be sent (default: here).",
)
def addendum(definition: Path, change: Path, earlier: Sequence[Path], *, made_at: str | None, out: Path) -> None:
    """Make addendum-N.json of DEFINITION (definition.json) from CHANGE, for organisers to sign.

    CHANGE is a TOML file with the `kind` of the change (extend, correct-text, correct-contact, withdraw, annul,
    undecryptable) and its fields. EARLIER are the addenda that are in force, in their order.
    """
    written = make_addendum(
        read_message(definition),
        [read_message(path) for path in earlier],
        read_handwritten(read_message(change), what=change.name),
        made_at=show_time(SystemClock().now()) if made_at is None else made_at,
    )
    made = read_addendum(written)
    write(out / f"addendum-{made.number}.json", written, what="addendum, for organisers to sign")
    say(f"next: psephos organiser sign addendum charter.json {definition} … addendum-{made.number}.json")
    if isinstance(made.change, Extend):
        later = f"psephos organiser sign closing-time charter.json --at {made.change.closes_at}"
        say(f"      and the board closes later by: {later}")
