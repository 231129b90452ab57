"""What a log says about regions, beside the archive: the registrars' list, the sums of the cells, what they decrypt to.

    Regions             region of each credential, signed by every registrar     before the first ballot
    RegionalTally       the cells that follow from the turnout, with their sums  after EncryptedTally
    RegionalDecryption  a trustee's factors for all cells                        after RegionalTally
    RegionalResult      the counts of all cells                                  when enough trustees have decrypted

As with Belenios' events, anybody may hand them in, everybody computes them again, and the first correct one has effect.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from psephos.errors import MalformedError, MismatchError, OutOfTurnError, RefusedError
from psephos.protocol.decryption import Owned
from psephos.protocol.encoding import read_json
from psephos.protocol.group import Element, Elements
from psephos.protocol.regional import (
    RegionalTally,
    RegionalTallyMessage,
    check_cells_result,
    regional_tally,
    verify_cell_decryption,
)
from psephos.protocol.result import Counts
from psephos.protocol.tally import GroupedTally, Tally, together
from psephos.protocol.trustees import Trustee
from psephos.record.acceptance import Setup
from psephos.record.board_entries import BoardEntry, EntryKind, LogSource, Part
from psephos.record.charter import Charter
from psephos.record.counting import BallotCount
from psephos.record.derivation import read_part, read_small_part
from psephos.record.electorate import read_entries
from psephos.record.phases import Phase
from psephos.record.region_list import RegionCodes, check_statement
from psephos.record.regions import Cell, Regions, check_cells, find_cells, read_regions

REGION_LIST = "the region list"
"""What is waited for, beside parties, before a vote with regions opens."""

_KINDS = frozenset(
    {EntryKind.REGIONS, EntryKind.REGIONAL_TALLY, EntryKind.REGIONAL_DECRYPTION, EntryKind.REGIONAL_RESULT}
)
_AFTER_TALLY = frozenset({Phase.TALLIED, Phase.DECRYPTING, Phase.DONE})
_LONGEST_ELEMENT = 700
_LONGEST_COUNT = 24
_PUNCTUATION = 64


class RegionalRequest(msgspec.Struct, frozen=True):
    """The regional sums that a trustee is to decrypt, with what they follow from.

    Attributes:
        regions: The charter's.
        counted: How many ballots count in each leaf.
        cells: Which leaves are decrypted together.
        tally: Their sums.
    """

    regions: Regions
    counted: tuple[int, ...]
    cells: tuple[Cell, ...]
    tally: RegionalTally

    def check(self, charter: Charter, national: Tally, *, record: str) -> None:
        """Check everything that a trustee can check of it without the ballots: they were counted before.

        Args:
            charter: What was agreed on.
            national: The sums of all ballots that count.
            record: Fingerprint of the record's event that holds them.

        Raises:
            RefusedError: These are not the sums that the charter allows to decrypt; says why.
        """
        if charter.regions is None or self.regions != read_regions(charter.regions):
            raise RefusedError("these are not the charter's regions", at="regions")
        check_cells(self.regions, self.counted, self.cells)
        if self.cells != find_cells(self.regions, self.counted):
            raise RefusedError("not the cells that follow from the charter and the ballots that count", at="cells")
        names = [self.regions.names(cell) for cell in self.cells]
        if self.tally != regional_tally(names, self.tally.cells, record=record):
            raise RefusedError("the regional tally is of other cells, or of another record", at="regional tally")
        if [cell.counted for cell in self.cells] != [cell.num_tallied for cell in self.tally.cells]:
            raise RefusedError("a cell's sum has other ballots than its regions", at="regional tally")
        if self.cells and together(self.tally.cells) != national:
            raise RefusedError("the cells' sums do not add up to the national sum", at="regional tally")


class RegionalRecord:
    """What the entries with effect have established about regions so far.

    Attributes:
        regions: The charter's.
        counted: Ballots of each leaf, as they are counted; None before there is a list.
        tally: The cells' sums; None before.
        answers: The trustees' factors, by their numbers.
        counts: Of each cell; None before.
    """

    def __init__(self, charter: Charter, setup: Setup, count: BallotCount, *, credentials: Part) -> None:
        """Begin with no list.

        Args:
            charter: With a section about regions.
            setup: The election and the trustees.
            count: The ballots, of which there are none yet.
            credentials: The Setup entry's part.
        """
        assert charter.regions is not None
        self.regions: Regions = read_regions(charter.regions)
        self.counted: GroupedTally | None = None
        self.tally: RegionalTally | None = None
        self.answers: dict[int, Elements] = {}
        self.counts: tuple[Counts, ...] | None = None
        self._charter, self._setup, self._count, self._credentials = charter, setup, count, credentials
        self._computed: RegionalTally | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing more is decrypted: the result is there, or no cell is large enough."""
        return self.counts is not None or (self.tally is not None and not self.tally.cells)

    # ── the list ────────────────────────────────────────────────────────────────────────────────────────────────

    def check_list(self, entry: BoardEntry, source: LogSource, *, parties: Mapping[str, Element]) -> array[int]:
        """Check a Regions entry.

        Args:
            entry: The entry.
            source: For its blob, and for the credentials.
            parties: Keys of the registrars, by party.

        Returns:
            The leaf of each voter, by the electorate's rows.

        Raises:
            MismatchError: About another setup or list, or with other numbers than the charter's.
            MalformedError: Not a list of this length, or a region that is none.
            InvalidProofError: A registrar's signature does not hold.
            UnavailableError: A blob cannot be had now.
        """
        codes, statement = entry.parts
        check_statement(
            statement.content or b"",
            self._charter,
            setup=self._setup.fingerprint,
            regions=codes.digest,
            parties=parties,
            group=self._setup.election.group,
        )
        voters = len(self._count.electorate)
        if codes.size != 2 * voters:
            raise MalformedError(f"{codes.size} bytes are not the regions of {voters} voters", at="region list")
        for _ in read_part(codes, source):  # a blob that is not the one named says nothing about the list
            pass
        return self._read_leaves(codes, source)

    def _read_leaves(self, codes: Part, source: LogSource) -> array[int]:
        electorate, reader = self._count.electorate, RegionCodes(self.regions)
        leaves = array("H", bytes(2)) * electorate.rows
        listed = self._listed(source)
        for piece in read_part(codes, source):
            for leaf in reader.take(piece):
                row = electorate.row(next(listed))
                assert row is not None
                leaves[row] = leaf
        reader.check()
        return leaves

    def _listed(self, source: LogSource) -> Iterator[str]:
        """The public credentials, in the list's order."""
        for entries in read_entries(read_part(self._credentials, source)):
            yield from entries

    def begin(self, leaves: Sequence[int]) -> None:
        """Put a list that was checked into force."""
        self.counted = self._count.divide(leaves, len(self.regions.leaves))

    # ── the sums ────────────────────────────────────────────────────────────────────────────────────────────────

    def cells(self) -> tuple[Cell, ...]:
        """The cells that follow from the ballots counted so far."""
        assert self.counted is not None
        cells = find_cells(self.regions, self.counted.numbers)
        check_cells(self.regions, self.counted.numbers, cells)
        return cells

    def compute_tally(self, *, record: str) -> RegionalTally:
        """The sums of the cells, once no ballot can have effect any more.

        Args:
            record: Fingerprint of the record's event that holds the national tally.
        """
        if self._computed is None or self._computed.record != record:
            assert self.counted is not None
            cells = self.cells()
            names = [self.regions.names(cell) for cell in cells]
            self._computed = regional_tally(names, [self.counted.total(cell.leaves) for cell in cells], record=record)
        return self._computed

    def request(self, *, record: str) -> RegionalRequest:
        """What a trustee is to decrypt, once no ballot can have effect any more."""
        assert self.counted is not None
        return RegionalRequest(
            self.regions, tuple(self.counted.numbers), self.cells(), self.compute_tally(record=record)
        )

    def check_tally(self, entry: BoardEntry, *, record: str) -> RegionalTally:
        """Check a RegionalTally entry against what we compute; its blob is not needed for that.

        Raises:
            MismatchError: Something else than what we compute.
            MalformedError, RefusedError: The same, if more can be said of it.
        """
        ours = self.compute_tally(record=record)
        (theirs,) = entry.parts
        if theirs.digest == ours.fingerprint:
            return ours
        if theirs.content is not None:
            self._check_their_cells(theirs.content)
        raise MismatchError(
            "not the sums of the cells that follow from the charter and the ballots that count", at="regional tally"
        )

    def _check_their_cells(self, content: bytes) -> None:
        """Say what is wrong with the cells of a regional tally that is not ours, if it is more than that.

        Raises:
            MalformedError: Not a regional tally.
            MismatchError: A region that the charter has not.
            RefusedError: A cell is too small, or two overlap, or ballots are in none.
        """
        assert self.counted is not None
        wire = read_json(content, RegionalTallyMessage, what="regional tally")
        places = {leaf.id: place for place, leaf in enumerate(self.regions.leaves)}
        for cell in wire.cells:
            for name in cell.regions:
                if name not in places:
                    raise MismatchError(f"the charter has no region {name[:40]!r}", at="regional tally")
        cells = [Cell(tuple(places[name] for name in cell.regions), cell.num_tallied) for cell in wire.cells]
        check_cells(self.regions, self.counted.numbers, cells)

    # ── the answers ─────────────────────────────────────────────────────────────────────────────────────────────

    def check_answer(self, entry: BoardEntry, source: LogSource) -> tuple[int, Elements]:
        """Check a RegionalDecryption entry.

        Returns:
            The trustee's number and its factors.

        Raises:
            MismatchError: By nobody, by somebody who has decrypted, or about something else.
            MalformedError: It has another shape or size than an answer to these cells.
            InvalidProofError: A proof does not hold.
            UnavailableError: A blob cannot be had now.
        """
        assert self.tally is not None
        content, owned = entry.parts
        trustee = self._check_owner(owned, content)
        if content.size > self._largest_answer(self.tally):
            raise MalformedError(f"{content.size} bytes: larger than an answer to these cells", culprit=trustee.label)
        group = self._setup.election.group
        received = read_small_part(content, source)
        return trustee.owner, verify_cell_decryption(received, tally=self.tally, trustee=trustee, group=group)

    def _check_owner(self, owned: Part, content: Part) -> Trustee:
        wire = read_json(owned.content or b"", Owned, what="owner")
        members = self._setup.trustees.members
        if not 1 <= wire.owner <= len(members):
            raise MismatchError(f"there is no trustee {wire.owner}", at="/owner")
        trustee = members[wire.owner - 1]
        if wire.owner in self.answers:
            raise MismatchError("this trustee has decrypted the cells before", at="/owner", culprit=trustee.label)
        if wire.payload != content.digest:
            raise MismatchError("the owner is of another decryption", at="/payload", culprit=trustee.label)
        return trustee

    def _largest_answer(self, tally: RegionalTally) -> int:
        """No answer is larger, so that nobody makes us look for a blob that cannot be one."""
        ciphertexts = sum(len(question) for question in tally.sums)
        scalars = 2 * len(str(self._setup.election.group.order))
        return 1000 + ciphertexts * (_LONGEST_ELEMENT + scalars + _PUNCTUATION) + 16 * len(tally.sums)

    def check_result(self, entry: BoardEntry, source: LogSource) -> tuple[Counts, ...]:
        """Check a RegionalResult entry.

        Raises:
            InvalidProofError: Not enough trustees have decrypted; names those who are missing.
            MismatchError: Not what the sums decrypt to.
            MalformedError: Not a result of these cells.
            UnavailableError: A blob cannot be had now.
        """
        assert self.tally is not None
        (content,) = entry.parts
        ciphertexts = sum(len(question) for question in self.tally.sums)
        if content.size > 100 + _LONGEST_COUNT * ciphertexts + 16 * len(self.tally.sums):
            raise MalformedError(f"{content.size} bytes: larger than a result of these cells")
        return check_cells_result(
            read_small_part(content, source),
            tally=self.tally,
            trustees=self._setup.trustees,
            factors=self.answers,
            election=self._setup.election,
        )


def check_regional_turn(kind: EntryKind, regional: RegionalRecord | None, phase: Phase) -> None:
    """Check that an entry may come now, if it is about regions.

    Raises:
        OutOfTurnError: It may not.
    """
    if kind not in _KINDS:
        return
    if regional is None:
        raise OutOfTurnError("the charter counts no regions, or there is no setup yet", at=kind)
    if kind is EntryKind.REGIONS:
        if regional.counted is not None:
            raise OutOfTurnError("a region list is in force; nobody can change it", at=kind)
        return
    if phase not in _AFTER_TALLY:
        raise OutOfTurnError(f"{kind} while the election is {phase}", at=kind)
    if kind is EntryKind.REGIONAL_TALLY:
        if regional.tally is not None:
            raise OutOfTurnError("a regional tally is in force; there is no second one", at=kind)
        return
    if regional.tally is None or regional.counts is not None:
        why = "there is no regional tally yet" if regional.tally is None else "the regional result is in force"
        raise OutOfTurnError(why, at=kind)
    if not regional.tally.cells:
        raise OutOfTurnError("fewer ballots count in all than a cell needs: none is decrypted", at=kind)
