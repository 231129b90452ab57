"""`psephos organiser ceremony`: the organiser's side of the trustees' key ceremony."""

from __future__ import annotations

from pathlib import Path

import click

from psephos.adapters.files import read_message
from psephos.cli.terminal import say, write
from psephos.roles import organiser_ceremony as role
from psephos.roles.organiser_ceremony import Received

_file = click.Path(path_type=Path, dir_okay=False)
_charter = click.argument("charter", type=_file)
_messages = click.argument("messages", type=_file, nargs=-1, required=True)
_out = click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Directory for what is to be sent (default: here).",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def ceremony() -> None:
    """Route the trustees' key ceremony: certificates, then inputs, then assemble.

    MESSAGES are the trustees' files, in any order; each verb picks those that it needs, checks them, and names the
    trustee whose message is missing or does not hold. Where all trustees are mandatory there is only `assemble`.
    """


@ceremony.command()
@_charter
@_messages
@_out
def certificates(charter: Path, messages: tuple[Path, ...], out: Path) -> None:
    """After round 1: check every certificate-i.json, and write certificates.json for the trustees."""
    write(
        out / "certificates.json", role.collect_certificates(read_message(charter), _received(messages)), what="public"
    )
    say("next: send certificates.json to every trustee; each sends back its polynomial-i.json")


@ceremony.command()
@_charter
@_messages
@_out
def inputs(charter: Path, messages: tuple[Path, ...], out: Path) -> None:
    """After round 2: check certificates.json and every polynomial-i.json, and write input-i.json for each trustee."""
    for index, given in enumerate(role.route_inputs(read_message(charter), _received(messages)), start=1):
        write(out / f"input-{index}.json", given, what=f"for trustee {index}; what is secret in it is sealed")
    say("next: send each trustee its input-i.json; each sends back its output-i.json")


@ceremony.command()
@_charter
@_messages
@_out
def assemble(charter: Path, messages: tuple[Path, ...], out: Path) -> None:
    """At the end: check everything, and write trustees.json, which becomes part of the record.

    MESSAGES are certificates.json, every polynomial-i.json and every output-i.json; where all trustees are mandatory,
    every public-key-i.json.
    """
    write(out / "trustees.json", role.assemble_trustees(read_message(charter), _received(messages)), what="public")
    say("next: psephos organiser setup charter.json trustees.json public-credentials.json")


def _received(paths: tuple[Path, ...]) -> list[Received]:
    return [Received(str(path), read_message(path)) for path in paths]
