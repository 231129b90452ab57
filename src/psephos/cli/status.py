"""`psephos status`: what is done, what is next, and who is waited for, read off a party's directory."""

from __future__ import annotations

import json
from pathlib import Path

import click

from psephos.adapters.files import FileSource, read_message
from psephos.cli.terminal import say
from psephos.protocol.encoding import write_json
from psephos.record import progress
from psephos.record.archive import Archive
from psephos.record.charter import Charter, read_charter
from psephos.record.entries import read_entries
from psephos.record.phases import Phase, next_phase

_DEEPEST = 2


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False, exists=True), default=Path())
@click.option("--json", "as_json", is_flag=True, help="Print the steps as JSON.")
def status(directory: Path, *, as_json: bool) -> None:
    """Say what is done in a party's DIRECTORY, what is next, and who is waited for.

    DIRECTORY is a party's own, and the directories in it; nothing else is read.
    """
    names = {path.name for path in _files(directory)}
    charter = _charter(directory)
    party, steps = _steps(names, charter, directory)
    steps = progress.in_order(steps)
    if as_json:
        rows = [{"does": s.does, "done": s.done, "command": s.command, "waits_for": s.waits_for} for s in steps]
        click.echo(json.dumps({"party": party, "steps": rows}, ensure_ascii=False, indent=2))
        return
    click.echo(f"{party}{f' · {charter.title}' if charter else ''}")
    ahead = [step for step in steps if not step.done]
    for step in steps:
        mark = "✓" if step.done else "→" if step is ahead[0] else "·"
        click.echo(f"  {mark} {step.does}")
    if not ahead:
        say("everything is done")
    elif ahead[0].waits_for:
        say(f"waiting for: {', '.join(ahead[0].waits_for)}")
    else:
        say(f"next: {ahead[0].command}")


def _files(directory: Path, depth: int = 0) -> list[Path]:
    found = []
    for path in sorted(directory.iterdir()):
        if path.is_dir() and depth < _DEEPEST and not path.is_symlink():
            found += _files(path, depth + 1)
        elif path.is_file():
            found.append(path)
    return found


def _charter(directory: Path) -> Charter | None:
    path = directory / "charter.json"
    return read_charter(read_message(path)) if path.exists() else None


def _steps(names: set[str], charter: Charter | None, directory: Path) -> tuple[str, list[progress.Step]]:
    index = progress.trustee_index(names)
    if index:
        return f"trustee {index}", progress.trustee_steps(names, index, charter)
    if "registrar.key" in names:
        number = _registrar_number(directory, charter)
        return f"registrar {number}" if charter else "registrar", progress.registrar_steps(names, number, charter)
    return "organiser", progress.organiser_steps(names, charter, _phase(directory / "record.bel"))


def _registrar_number(directory: Path, charter: Charter | None) -> int:
    """Which of the charter's registrars keeps this directory; 1 while there is no charter."""
    keys = {read_message(path) for path in _files(directory) if path.name == "registrar.json"}
    for number, registrar in enumerate(charter.registrars if charter else (), start=1):
        if write_json(registrar) in keys:
            return number
    return 1


def _phase(record: Path) -> Phase:
    """How far a record goes; it is not verified here."""
    phase = Phase.EMPTY
    if record.exists():
        for entry in read_entries(Archive(FileSource(record))):
            phase = next_phase(phase, entry.event.type)
    return phase
