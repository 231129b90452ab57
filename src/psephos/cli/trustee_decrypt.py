"""`psephos trustee decrypt` and `post`: a trustee's one answer, and how it reaches the board."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from psephos.adapters.board_view import terms_of
from psephos.adapters.files import FileSource, read_message, write_new
from psephos.adapters.known_board import TALLY, board_at, open_board
from psephos.adapters.system import system_randomness
from psephos.cli.board import count_in_words, hand_in, judge, say_acknowledged
from psephos.cli.passphrase import ask_passphrase, passphrase_option
from psephos.cli.terminal import say, write
from psephos.cli.trustee_home import JOURNAL, ask_fingerprint, confirm_restored, open_key, read_home, read_kept
from psephos.errors import OutOfTurnError, QuorumError, RefusedError
from psephos.protocol.decryption import Owned
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.record.acceptance import read_setup
from psephos.record.board_entries import EntryKind
from psephos.record.reading import KnownCharter, OpenedBoard
from psephos.roles import trustee as role
from psephos.verify.audit import Audit, Beside
from psephos.verify.regional import in_words

_file = click.Path(path_type=Path, dir_okay=False)
_directory = click.Path(path_type=Path, file_okay=False)
_home = click.option(
    "--home", type=_directory, default=Path(), help="Your directory for this referendum, with your key (default: here)."
)
_out = click.option("-o", "--out", type=_directory, default=Path(), help="Directory for what is to be sent.")


@click.command()
@click.argument("files", metavar="[RECORD] CHARTER", type=_file, nargs=-1, required=True)
@click.option("--board", metavar="URL", help="Read the record off the board at this address, instead of RECORD.")
@click.option("--without-quorum", "reason", metavar="REASON", help="With --board: decrypt although observers miss.")
@click.option(
    "--fingerprint",
    metavar="HEX",
    help="The record's fingerprint that you got over another channel (64 digits, or at least the first 32); "
    "else it is asked, or, with --board, the observers' word is taken.",
)
@_home
@_out
@passphrase_option
def decrypt(
    *,
    files: Sequence[Path],
    board: str | None,
    reason: str | None,
    fingerprint: str | None,
    home: Path,
    out: Path,
    passphrase_file: Path | None,
) -> None:
    """Verify RECORD in full, and decrypt your part of its tally: once, and for no other record ever.

    Writes decryption-I.json and bound-I.json for the organiser, after your journal (answered.json) has them; and
    regional-I.json if the charter counts regions, which needs --board.

    With --board, the record is the one in which enough of the charter's observers have checked every entry up to the
    end of the vote, so that nobody has to tell you its fingerprint. Without their quorum nothing is decrypted. If you
    give a REASON nevertheless, it is signed with your key and stands in the record, and every report says so for ever.
    A charter that names a board demands --board: a copy of its files will do (file:///…), and RECORD is refused.
    """
    if len(files) != (1 if board else 2) or (reason is not None and board is None):
        raise click.UsageError("give RECORD and CHARTER, or CHARTER and --board URL")
    mark, received = read_home(home), read_message(files[-1])
    if board is None:
        source, lacks_quorum = FileSource(files[0]), False
        tallied = role.verified(_audit(source, received), read_setup(source))
        told = fingerprint or ask_fingerprint("record")
    else:
        tallied, lacks_quorum = _read_tallied(board, received, allowed=reason is not None)
        told = fingerprint or tallied.fingerprint
    say(f"the record verifies: {tallied.tally.num_tallied} ballots are counted")
    _say_cells(tallied)
    journal, index = home / JOURNAL, mark.index
    if mark.restored and not journal.exists():
        confirm_restored()
    key = open_key(home / f"trustee-{index}.key.age", ask_passphrase(passphrase_file, new=False))
    accepted, statement = read_kept(home / f"acceptance-trustee-{index}.json"), home / _statement_name(index)

    def answer(given: bytes | None) -> bytes:
        return role.answer(
            received, tallied, told=told, kept=key, accepted=accepted, given=given, rng=system_randomness()
        )

    if lacks_quorum:
        answer(read_kept(journal))  # who would be refused anyway signs no reason
        _state_reason(statement, received, tallied, reason=reason or "", key=key)
    else:
        _set_aside(statement)
    answered = answer_once(journal, answer)
    if lacks_quorum and board is not None:  # nothing of the answer leaves before the reason is in the record
        _post(board, received, EntryKind.WITHOUT_QUORUM, [read_message(statement)], what="your reason, for ever")
    decryption, bound = role.messages_of(answered)
    write(out / f"decryption-{index}.json", decryption, what="for the organiser")
    write(out / f"bound-{index}.json", bound, what="for the organiser")
    regional = role.regional_message_of(answered)
    if regional is not None:
        write(out / f"regional-{index}.json", regional, what="for the organiser: the regions")
    how = "psephos trustee post, or send both to anybody who does" if board else "send both to the organiser"
    say(f"next: {how}; keep {journal} for as long as your key exists")


def _say_cells(tallied: role.Tallied) -> None:
    """Which regional sums are decrypted with it."""
    if tallied.regional is not None:
        regional = tallied.regional
        for cell in regional.cells:
            say(f"      {cell.counted} in {in_words(regional.regions.names(cell))}")
        say(f"      in all {len(regional.cells)} regional sums; fingerprint {tallied.fingerprint}")


def answer_once(journal: Path, answer: Callable[[bytes | None], bytes]) -> bytes:
    """The answer that the journal holds, durably, before any of it leaves.

    Of two processes at a time, one creates the journal; the other answers what stands there, or refuses.
    """
    answered = answer(read_kept(journal))
    try:
        write_new(journal, answered)
    except RefusedError:
        answered = answer(read_message(journal))
    return answered


@click.command()
@click.argument("charter", type=_file)
@click.argument("url")
@_home
def post(*, charter: Path, url: str, home: Path) -> None:
    """Hand in to the board at URL what you have made: your acceptance; later your partial decryption."""
    index, received = read_home(home).index, read_message(charter)
    acceptance, answered = read_kept(home / f"acceptance-trustee-{index}.json"), read_kept(home / JOURNAL)
    if answered is None:
        if acceptance is None:
            raise OutOfTurnError("there is nothing to hand in yet", hint="`psephos trustee accept` comes first")
        _post(url, received, EntryKind.ACCEPTANCE, [acceptance], what="your acceptance")
        return
    statement = read_kept(home / _statement_name(index))
    if statement is not None:
        _post(url, received, EntryKind.WITHOUT_QUORUM, [statement], what="your reason, for ever")
    decryption, bound = role.messages_of(answered)
    owned = write_json(Owned(owner=index, payload=sha256_hex(decryption)))
    _post(url, received, EntryKind.PARTIAL_DECRYPTION, [decryption, owned, bound], what="your partial decryption")
    regional = role.regional_message_of(answered)
    if regional is not None:
        owned = write_json(Owned(owner=index, payload=sha256_hex(regional)))
        _post(url, received, EntryKind.REGIONAL_DECRYPTION, [regional, owned], what="your decryption of the regions")


def _post(url: str, charter: bytes, kind: EntryKind, contents: Sequence[bytes], *, what: str) -> None:
    say_acknowledged(what, hand_in(url, kind, contents, terms_of(charter).receipts))


def _read_tallied(url: str, charter: bytes, *, allowed: bool) -> tuple[role.Tallied, bool]:
    """What there is to decrypt: what the observers' quorum has checked, or, where that is allowed, what the log says.

    Returns:
        It, and whether the quorum is missing.

    Raises:
        QuorumError: The quorum has not checked the end of the vote; names who is missing.
        OutOfTurnError: The vote has not ended.
    """
    known = KnownCharter(charter)
    with board_at(url) as fetcher:
        board = open_board(fetcher, known, policy=TALLY)
        try:
            board.check_quorum()
            tallied = role.tallied_by(judge(board))
        except (QuorumError, OutOfTurnError):  # the newest checkpoint tells who is missing
            board = open_board(fetcher, known, policy=TALLY, newest=True)
            tallied = role.tallied_by(judge(board))
            return tallied, not _has_quorum(board, allowed=allowed)
    say(f"the board: {count_in_words(board.observed, board.policy, final=True)} that every entry was checked")
    return tallied, False


def _has_quorum(board: OpenedBoard, *, allowed: bool) -> bool:
    """Whether enough observers have checked this record; if they have not, it has to be allowed.

    Raises:
        QuorumError: It is not.
    """
    try:
        board.check_quorum()
    except QuorumError as error:
        if not allowed:
            raise _explained(error, board.source.size()) from None
        say("WARNING: the observers' quorum has not checked this record; the log alone has signed it")
        return False
    return True


def _explained(error: QuorumError, size: int) -> QuorumError:
    """Who has not checked the record as far as its end."""
    return QuorumError(
        f"the vote has ended, and {error.have} observers have checked all {size} entries; {error.need} must",
        have=error.have,
        need=error.need,
        at="checkpoint.verified",
        hint=f"{error.hint}; ask them, and try again. If they cannot: --without-quorum, after reading what it means",
    )


def _statement_name(index: int) -> str:
    return f"without-quorum-{index}.json"


def _state_reason(path: Path, charter: bytes, tallied: role.Tallied, *, reason: str, key: bytes) -> None:
    """Sign this trustee's reason, and keep it before there is an answer; the same that it has signed before."""
    if path.exists():
        say(f"the reason stays the one that you have signed before: {path}")
        return
    statement = role.state_reason(charter, tallied, reason=reason, kept=key, rng=system_randomness())
    write(path, statement, what="your reason, signed; it is handed in before your answer leaves")


def _set_aside(statement: Path) -> None:
    """A reason that was signed while the quorum was missing is not handed in any more once it is there."""
    if statement.exists():
        aside = statement.with_suffix(".not-needed")
        statement.rename(aside)
        say(f"the quorum is there: your reason is not handed in, and lies in {aside}")


def _audit(source: FileSource, charter: bytes) -> Audit:
    """Run the audit; the bar is drawn on a terminal only."""
    from rich.console import Console  # noqa: PLC0415 - slow to import, and only this verb draws
    from rich.progress import Progress  # noqa: PLC0415

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("verifying", total=None)
        audit = Audit(
            source, Beside(charter=charter), lambda done, total: bar.update(task, completed=done, total=total)
        )
        audit.run()
    return audit
