"""`psephos observer`: mirror a board, check every entry, cosign what was checked, and call for attention.

Exit codes: 0 done · 1 the log contradicts itself, or refused · 2 usage · 3 not reached, missing or silent.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from psephos.adapters.files import read_message
from psephos.adapters.system import SystemClock, system_randomness
from psephos.board.note import write_base64
from psephos.board.policy import read_policy
from psephos.cli.observer_booth import check_booth
from psephos.cli.observer_relay import relay
from psephos.cli.terminal import read_address, say, write
from psephos.errors import RefusedError

_PUBLIC = "observer.vkeys"
_SUFFIX = "/v"
_UNKNOWN = 3

_file = click.Path(path_type=Path, dir_okay=False)
_directory = click.Path(path_type=Path, file_okay=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def observer() -> None:
    """Observer: mirror a board, check every entry, cosign what holds together, report and alarm."""


@observer.command()
@click.argument("directory", type=_directory)
@click.option("--name", required=True, help="Your name, such as observer1.example; the key's is NAME/v.")
def init(directory: Path, name: str) -> None:
    """Make a verifying observer in DIRECTORY: two keys, and an empty memory of what was cosigned.

    Its keys are not those of your witness, and neither is ever restored from a backup.
    """
    from psephos.adapters.observing import DATABASE  # noqa: PLC0415
    from psephos.adapters.witness import create_keys  # noqa: PLC0415 - see `follow`
    from psephos.adapters.witness_store import create_store  # noqa: PLC0415

    if (directory / DATABASE).exists():
        raise RefusedError(f"{directory} is an observer already", at=str(directory))
    if name.endswith("/w"):
        raise click.UsageError("NAME/w is a witness's name: give the observer's, such as observer1.example")
    cosigners = create_keys(directory, name.removesuffix(_SUFFIX) + _SUFFIX, system_randomness().bytes)
    keys = [cosigner.key for cosigner in cosigners]
    create_store(directory / DATABASE, keys)
    write(directory / _PUBLIC, "".join(f"{key}\n" for key in keys).encode(), what="public keys, for the tally policy")
    for key in keys:
        click.echo(key)


@observer.command()
@click.argument("url")
@click.option("--home", type=_directory, required=True, help="The observer's directory.")
@click.option("--charter", type=_file, help="The charter that you know; without it, the first look takes entry 0's.")
@click.option("--policy", type=_file, help="More observers to hear (tlog-policy with URLs).")
@click.option("--mirror", "mirrors", multiple=True, metavar="URL", help="A copy of the board; may be given often.")
@click.option("--once", is_flag=True, help="Look once; whatever is wrong at that moment is an alarm.")
@click.option(
    "--interval", default=10.0, show_default=True, type=click.FloatRange(min=0.1), help="Seconds between looks."
)
@click.option(
    "--patience", default=120, show_default=True, type=click.IntRange(min=0), help="Seconds that trouble may last."
)
@click.option(
    "--silence", default=900, show_default=True, type=click.IntRange(min=1), help="Seconds that the log may be silent."
)
@click.option("--listen", metavar="HOST:PORT", help="Show the mirror and the reports here; port 0 takes a free one.")
def follow(
    *,
    url: str,
    home: Path,
    charter: Path | None,
    policy: Path | None,
    mirrors: tuple[str, ...],
    once: bool,
    interval: float,
    patience: int,
    silence: int,
    listen: str | None,
) -> int:
    """Follow the board at URL (https://…, file:///…): mirror, check, cosign, report, gossip, alarm.

    Exit code: 0 no alarm stands, 1 the log contradicts itself, 2 usage, 3 data is missing or the log is silent.
    """
    # Imported here so that other parties' commands start quickly.
    from psephos.adapters.observing import Setting, first_contact, open_observer  # noqa: PLC0415
    from psephos.cli.observing import Rhythm, keep_looking, keep_trying, serving_mirror  # noqa: PLC0415
    from psephos.roles.observer import Patience  # noqa: PLC0415

    address = read_address(listen) if listen else None
    setting = Setting(
        home,
        url,
        mirrors=mirrors,
        charter=read_message(charter) if charter else None,
        policy=read_policy(read_message(policy)) if policy else None,
        patience=Patience(0 if once else patience, silence),
        clock=SystemClock(),
    )
    rhythm = Rhythm(interval, once=once)
    with ExitStack() as stack:
        known = keep_trying(lambda: first_contact(setting), rhythm)
        if known is None:
            return _UNKNOWN
        observing = stack.enter_context(open_observer(setting, known))
        if address:
            stack.enter_context(serving_mirror(observing.mirror, *address))
        return keep_looking(observing, rhythm, patience=setting.patience)


@observer.command()
@click.argument("url")
@click.option("--home", type=_directory, required=True, help="The observer's directory.")
@click.option("--yes", is_flag=True, help="Decide without asking; what is decided is shown all the same.")
def succeed(*, url: str, home: Path, yes: bool) -> None:
    """Decide that the standby log whose board is at URL goes on in the place of the log that you follow.

    It must begin with exactly the entries that you have checked, and with no fewer than a quorum has countersigned. You
    never cosign the old log again. Once a quorum of observers has decided the same, the vote goes on.
    """
    # Imported here so that other parties' commands start quickly.
    from psephos.adapters.observer_decision import decide, propose  # noqa: PLC0415
    from psephos.adapters.observing import Setting, first_contact  # noqa: PLC0415
    from psephos.roles.observer import Patience  # noqa: PLC0415

    setting = Setting(home, url, mirrors=(), charter=None, policy=None, patience=Patience(), clock=SystemClock())
    proposal = propose(setting, first_contact(setting))
    say(f"the log {proposal.old.name} ends, and {proposal.new.name} goes on")
    say(f"it begins with the {proposal.head.size} entries under the root {write_base64(proposal.head.root)}")
    say("entries that the old log holds beyond these do not count; their ballots have to be handed in again")
    if not yes and not click.confirm("Do you decide this, as the other observers do, for ever?", err=True):
        raise RefusedError("not decided", hint="ask the other observers over another channel")
    decide(setting, proposal)
    say(f"decided; next: psephos observer follow {url} --home {home}")


@observer.command()
@click.argument("file", type=_file)
@click.option("--home", type=_directory, help="Export the mirror of the observer in this directory.")
@click.option("--board", "place", metavar="DIRECTORY|URL", help="Export this board, or this copy of one.")
@click.option("--since", default=0, show_default=True, type=click.IntRange(min=0), help="Tree size that the other has.")
def export(file: Path, home: Path | None, place: str | None, since: int) -> None:
    """Write a board's static files to FILE (.zip), for a USB stick: what a tree of size --since has not.

    Everything is checked against what the log signed before it is written.
    """
    from psephos.cli.courier import export_board  # noqa: PLC0415 - see `follow`

    if (home is None) == (place is None):
        raise click.UsageError("give one of --home and --board")
    export_board(file, place or str((home or Path()) / "mirror"), since=since)


@observer.command("import")
@click.argument("file", type=_file)
@click.option("--home", type=_directory, required=True, help="The observer's directory.")
@click.option("--charter", type=_file, help="The charter that you know; without it, the first look takes entry 0's.")
def import_(file: Path, home: Path, charter: Path | None) -> int:
    """Take in FILE (.zip, as `export` writes it) as a look at the board; print the cosignature lines to carry back.

    Everything is checked as if it came over the network. An older FILE than was seen before is no alarm here.

    Exit code: 0 cosigned, 1 the log contradicts itself, 2 usage, 3 something is missing in FILE.
    """
    from psephos.adapters.observing import Setting  # noqa: PLC0415 - see `follow`
    from psephos.cli.courier import import_board  # noqa: PLC0415
    from psephos.roles.observer import Patience  # noqa: PLC0415

    known = read_message(charter) if charter else None
    return import_board(Setting(home, str(file), (), known, None, Patience(0), SystemClock()), file)


@observer.command()
@click.argument("checkpoint", type=_file)
@click.argument("lines", type=_file, nargs=-1, required=True)
@click.option("--charter", type=_file, help="Whose cosignatures count: the charter's observers.")
@click.option("--policy", type=_file, help="Whose cosignatures count: the observers of a policy (tlog-policy).")
@click.option("-o", "--out", type=_file, help="Write the checkpoint with all cosignatures here.")
@click.option("--push", metavar="URL", help="Hand them in at this board.")
def attach(
    checkpoint: Path,
    lines: tuple[Path, ...],
    *,
    charter: Path | None,
    policy: Path | None,
    out: Path | None,
    push: str | None,
) -> None:
    """Attach cosignature LINES, which came by whatever way, to CHECKPOINT; print it, write it, or hand it in.

    A cosignature proves itself: whoever carries it need not be trusted.
    """
    from psephos.cli.courier import attach_lines  # noqa: PLC0415 - see `follow`

    if (charter is None) == (policy is None):
        raise click.UsageError("give one of --charter and --policy: they say whose cosignatures count")
    attach_lines(checkpoint, lines, charter=charter, policy=policy, out=out, push=push)


observer.add_command(check_booth)
observer.add_command(relay)
