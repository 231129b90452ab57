"""`psephos observer export`, `import`, `attach`: boards and cosignatures that travel without a network."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import click

from psephos.adapters.board_view import look_at, terms_of
from psephos.adapters.courier import ZipFetcher, attach, write_courier
from psephos.adapters.files import read_message
from psephos.adapters.handing_in import HandingIn
from psephos.adapters.http import DirectoryFetcher, Web, fetcher_of
from psephos.adapters.new_file import NewFile
from psephos.adapters.observing import Setting, first_contact, open_observer
from psephos.board.checkpoint import read_signed_checkpoint
from psephos.board.client import read_shown
from psephos.board.note import VerifierKey, read_signature_lines, write_signature_lines
from psephos.board.policy import Policy, read_policy
from psephos.cli.observing import exit_code, look_once
from psephos.cli.terminal import say, write
from psephos.roles.observer import Alarm, Watch


def export_board(file: Path, place: str, *, since: int) -> None:
    """See `psephos observer export`."""
    with ExitStack() as stack:
        fetcher = fetcher_of(place, stack.enter_context(Web())) if "://" in place else DirectoryFetcher(Path(place))
        view = look_at(fetcher)
        new = stack.enter_context(NewFile.beside(file))
        for name in write_courier(view, new.content, since=since):
            say(f"blob {name} is named by an entry, and not there")
        fresh = new.finish()
    say(f"{'wrote' if fresh else 'kept'} {file} (size {view.notes[0].head.size}, for who has {since})")


def import_board(setting: Setting, file: Path) -> int:
    """See `psephos observer import`."""
    watch = Watch(setting.patience)
    with closing(ZipFetcher(file)) as carried:
        charter = first_contact(setting, fetchers=[carried])
        with open_observer(setting, charter, carried=carried) as observing:
            look_once(observing, watch)
            click.echo(write_signature_lines(observing.observer.cosignatures()).decode(), nl=False)
            newest = max(signed.head.size for signed in read_shown(carried).values())
            missing = {Alarm.MISSING_DATA} if observing.observer.cosigned_size < newest else set()
    return exit_code(set(watch.standing) & {Alarm.BAD_SIGNATURE} | missing)


def attach_lines(
    checkpoint: Path,
    lines: Sequence[Path],
    *,
    charter: Path | None,
    policy: Path | None,
    out: Path | None,
    push: str | None,
) -> None:
    """See `psephos observer attach`."""
    found = [line for path in lines for line in read_signature_lines(read_message(path))]
    signed, fresh = attach(read_signed_checkpoint(read_message(checkpoint)), found, _keys(charter, policy))
    say(f"{len(fresh)} new cosignatures under size {signed.head.size}; {len(signed.note.signatures)} signatures in all")
    if push:
        with Web() as web:
            HandingIn(web, push, patience=0).cosignatures(signed)
        say(f"handed in at {push}")
    if out:
        write(out, bytes(signed), what="the checkpoint with all cosignatures")
    if not out and not push:
        click.echo(bytes(signed).decode(), nl=False)


def _keys(charter: Path | None, policy: Path | None) -> list[VerifierKey]:
    """The log's keys and the observers'."""
    policies: list[Policy] = []
    if charter:
        terms = terms_of(read_message(charter))
        policies += [terms.receipts, terms.tally]
    if policy:
        policies.append(read_policy(read_message(policy)))
    logs = [log.key for one in policies for log in one.logs]
    return list(dict.fromkeys([*logs, *(witness.key for one in policies for witness in one.witnesses)]))
