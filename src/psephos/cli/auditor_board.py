"""`psephos verify URL` and `psephos verify DIRECTORY`: a board or a mirror of it, checked from the first entry on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from psephos.adapters.board_view import BoardView, compare_receipt, look_at
from psephos.adapters.cores import spread_over_cores
from psephos.adapters.evidence_files import keep_evidence
from psephos.adapters.files import read_message
from psephos.adapters.http import DirectoryFetcher, Web, fetcher_of
from psephos.adapters.new_file import NewFile
from psephos.adapters.package_data import read_data
from psephos.adapters.tree_source import TreeSource, only_unavailable
from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.client import Fetcher, ForkError
from psephos.board.merkle import hash_leaf
from psephos.board.note import write_base64
from psephos.board.policy import Policy, read_policy
from psephos.board.proof import read_receipt
from psephos.cli.auditor import PIPE_WIDTH, show_checks, show_verdict, summary
from psephos.cli.definition import word_lists
from psephos.cli.outcome import every_language, show_outcome
from psephos.cli.terminal import say, write
from psephos.errors import MismatchError
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.record.admission import ballot_entry
from psephos.record.derivation import Derived, write_derived
from psephos.record.phases import Phase
from psephos.referendum.definition import in_every_language
from psephos.referendum.words import Words, read_words
from psephos.verify.board_audit import BoardReport, audit_board
from psephos.verify.evidence import Evidence, evidence_of_fork
from psephos.verify.report import Verdict
from psephos.verify.standing import Standing, standing_of

_VERIFIED, _FALSE, _UNKNOWN = 0, 1, 3
_COUNTED = frozenset({Phase.CLOSED, Phase.TALLIED, Phase.DECRYPTING, Phase.DONE})


@dataclass(frozen=True)
class Audited:
    """A board that was verified.

    Attributes:
        view: What it showed.
        board: The audit of the tree that was read.
        size: How large that tree is.
        root: Its root.
        standings: What observers say of it; the first has to hold, and of the others those that the phase demands.
        needed: The policies whose quorum has to cover the tree.
    """

    view: BoardView
    board: BoardReport
    size: int
    root: bytes
    standings: tuple[Standing, ...]
    needed: frozenset[str]

    @property
    def signed(self) -> SignedCheckpoint:
        """The checkpoint of that tree, with every cosignature that was found."""
        return next(note for note in self.view.notes if note.head.size == self.size)

    @property
    def missing(self) -> list[Standing]:
        """Quorums that had to be there and are not."""
        return [one for one in self.standings if one.policy in self.needed and not one.covers(self.size)]

    @property
    def exit_code(self) -> int:
        """0 verified, 1 verified false, 3 could not verify."""
        if self.board.report.verdict is Verdict.FALSE:
            return _FALSE
        return _UNKNOWN if self.missing or self.board.report.verdict is Verdict.UNKNOWN else _VERIFIED

    def as_dict(self) -> dict[str, object]:
        """For programs."""
        standings = {
            one.policy: {
                "needed": one.policy in self.needed,
                "holds": one.covers(self.size),
                "quorum_size": one.head.size if one.head else 0,
                "have": one.counted.have,
                "need": one.counted.need,
                "of": one.counted.of,
            }
            for one in self.standings
        }
        log = {"origin": self.view.terms.origin, "key": str(self.view.terms.logs[0])}
        head = {"size": self.size, "root": write_base64(self.root), "latest": self.view.notes[0].head.size}
        board = self.board.as_dict(every_language())
        return board | {"log": log | head, "observers": standings, "exit_code": self.exit_code}


def verify_board(
    place: str,
    *,
    charter: Path | None,
    policy: Path | None,
    save: Path | None,
    evidence: Path | None,
    language: str | None,
) -> int:
    """Verify a board; see `psephos verify`.

    Args:
        place: Its address or directory.
        charter: The charter that the reader knows.
        policy: The reader's own.
        save: Where the record goes.
        evidence: Where evidence goes.
        language: Of the outcome, in a report for people; None for a report for programs.
    """
    words = None if language is None else read_words(read_data(f"words.{language}"))
    own = read_policy(read_message(policy)) if policy else None
    expected = read_message(charter) if charter else None
    with ExitStack() as stack:
        fetcher = fetcher_at(place, stack)
        with _keeping(evidence):
            view = look_at(fetcher, charter=expected)
        writer = stack.enter_context(NewFile.beside(save)) if save else None
        audited = audit_view(view, own, expected, keep=None if writer is None else writer.content.write)
        if save and writer:
            _save(save, writer, audited.board)
    if words is None:
        click.echo(json.dumps(audited.as_dict(), ensure_ascii=False, indent=2))
    else:
        _show(audited, words)
    return audited.exit_code


def audit_place(place: str, *, own: Policy | None, charter: bytes | None) -> Audited:
    """Verify a board, and show nothing.

    Args:
        place: Its address, or a directory.
        own: The observers that the reader requires; None for the charter's.
        charter: The charter that the reader knows.

    Raises:
        PsephosError: See `look_at`.
    """
    with ExitStack() as stack:
        return audit_view(look_at(fetcher_at(place, stack), charter=charter), own, charter)


def check_receipt(receipt: Path, ballot: Path, place: str, *, charter: Path | None, evidence: Path | None) -> int:
    """Check a receipt; see `psephos auditor receipt`."""
    given, leaf = read_receipt(read_message(receipt)), hash_leaf(ballot_entry(read_message(ballot)))
    with ExitStack() as stack, _keeping(evidence):
        view = look_at(fetcher_at(place, stack), charter=read_message(charter) if charter else None)
        with only_unavailable():
            broken = compare_receipt(given, leaf=leaf, view=view)
    if broken is None:
        click.echo(f"KEPT — entry {given.index} is this ballot, in a tree of {view.notes[0].head.size} entries")
        return _VERIFIED
    click.echo(f"BROKEN — the log acknowledged this ballot as entry {given.index}, and another entry is there")
    if evidence is not None:
        _say_kept(evidence, broken)
    return _FALSE


def fetcher_at(place: str, stack: ExitStack) -> Fetcher:
    """What fetches a board's files, from a directory or over the network."""
    if "://" not in place:
        return DirectoryFetcher(Path(place))
    return fetcher_of(place, stack.enter_context(Web()))


@contextmanager
def _keeping(directory: Path | None) -> Iterator[None]:
    """Keep the evidence of a fork before it is said."""
    try:
        yield
    except ForkError as fork:
        if directory is not None:
            _say_kept(directory, evidence_of_fork(fork))
        raise


def _say_kept(directory: Path, evidence: Evidence) -> None:
    kept = keep_evidence(directory, evidence)
    say(f"wrote {kept} (evidence)" if kept else f"{directory} has enough evidence already")


def audit_view(
    view: BoardView,
    own: Policy | None,
    charter: bytes | None,
    *,
    keep: Callable[[bytes], object] | None = None,
    event: Callable[[Derived], None] | None = None,
) -> Audited:
    """Audit the largest tree that the quorum in question has cosigned; if there is none, the largest.

    Args:
        view: What the board shows.
        own: The observers that the reader requires, in the place of the charter's.
        charter: The charter that the reader expects.
        keep: Given the record that follows from the log, piece by piece.
        event: Given each event of it.
    """
    first = ("yours", own) if own else ("receipts", view.terms.receipts)
    standing = standing_of(view.notes, first[1], name=first[0], head=None)
    head = standing.head or view.notes[0].head
    source = TreeSource(view.tree(next(note for note in view.notes if note.head == head)), view.fetcher)

    def pass_on(derived: Derived) -> None:
        if event is not None:
            event(derived)
        if keep is not None:
            for piece in write_derived(derived, source):
                keep(piece)

    with spread_over_cores() as (spread, width), _bar() as progress:
        board = audit_board(
            source,
            charter=charter,
            log=view.terms.logs[0],
            progress=progress,
            keep=pass_on,
            spread=spread,
            width=width,
            lists=word_lists(),
        )
    others = (("receipts", view.terms.receipts), ("tally", view.terms.tally))
    standings = [standing_of(view.notes, first[1], name=first[0], head=head)]
    standings += [standing_of(view.notes, policy, name=name, head=head) for name, policy in others if name != first[0]]
    needed = {first[0]}
    if own is None and board.report.phase in _COUNTED:
        needed.add("tally")
    return Audited(view, board, head.size, head.root, tuple(standings), frozenset(needed))


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """The bar is drawn on a terminal only."""
    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TextColumn("entries"), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("verify", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _save(path: Path, writer: NewFile, board: BoardReport) -> None:
    if not board.report.election:
        raise MismatchError("there is no record yet: no setup has effect")
    say(f"{'wrote' if writer.finish() else 'kept'} {path} (the record that follows)")
    if board.bound:
        write(path.with_suffix(".bound.json"), write_json(board.bound), what="the trustees' second proofs")


def _show(audited: Audited, words: Words) -> None:
    console = Console(highlight=False)
    console = console if console.is_terminal else Console(highlight=False, width=PIPE_WIDTH)
    notes, board = audited.view.notes, audited.board

    def line(text: str, style: str = "") -> None:
        console.print(text, style=style, markup=False)

    line(f"board {audited.view.terms.origin}: {audited.size} entries, root {write_base64(audited.root)}")
    line(f"charter {sha256_hex(audited.view.charter)}")
    if notes[0].head.size > audited.size:
        line(
            f"{notes[0].head.size - audited.size} newer entries are signed by the log, and not by enough observers yet"
        )
    for one in audited.standings:
        line(_words(one, audited.size), style="" if one.covers(audited.size) else "yellow")
    if board.excluded:
        line(f"{len(board.excluded)} entries have no effect: findings against the ballot box, below", style="yellow")
    line("")
    show_checks(board.report, console)
    _show_outcomes(audited, words)
    verdict, why = board.report.verdict, [summary(board.report)]
    if verdict is Verdict.VERIFIED and audited.missing:
        verdict, why = Verdict.UNKNOWN, ["every entry was checked, but too few observers stand behind this tree"]
    if verdict is not Verdict.FALSE:
        why += [_words(one, audited.size) for one in audited.missing]
    show_verdict(verdict, "; ".join(why), console)


def _show_outcomes(audited: Audited, words: Words) -> None:
    """What follows from the result, in words."""
    defined = audited.board.defined
    if defined is None or not defined.outcomes:
        return
    if audited.missing:
        click.echo("If enough observers come to stand behind this tree, this follows from it; now it does not:")
        click.echo()
    questions = defined.definition.questions
    for number, outcome in defined.outcomes.items():
        if len(questions) > 1:
            click.echo(" ".join(in_every_language(questions[number - 1].text, defined.definition).split()))
        show_outcome(outcome, words)
        click.echo()


def _words(one: Standing, size: int) -> str:
    counted = one.counted
    said = f"{one.policy}: {counted.have} of {counted.of} observers have cosigned size {size}, {counted.need} must"
    if one.head and one.head.size != size:
        return f"{said}; the quorum has cosigned size {one.head.size}"
    return said if one.covers(size) else f"{said}; the quorum has cosigned nothing"
