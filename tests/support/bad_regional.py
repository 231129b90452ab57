"""Region lists and regional tallies that are not the right ones."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from psephos.protocol.encoding import write_json
from psephos.protocol.regional import RegionalTallyMessage
from psephos.record.board_entries import EntryKind, read_board_entry
from tests.support.bad_entries import entry
from tests.support.logged import MemoryLog
from tests.support.regional import REGIONAL_TALLY, RegionalVote


def regions_entry(vote: RegionalVote, codes: bytes, statement: bytes | None = None) -> bytes:
    """A Regions entry."""
    return entry(EntryKind.REGIONS, codes, vote.sign(codes) if statement is None else statement)


def moved(vote: RegionalVote, *voters: int, to: int) -> bytes:
    """The list with some voters in another leaf; no check of its numbers."""
    homes = [to if voter in voters else home for voter, home in enumerate(vote.homes)]
    codes = [0xFFFF if homes[voter] == 3 else homes[voter] for voter in vote.rows]
    return b"".join(code.to_bytes(2, "big") for code in codes)


def swapped(vote: RegionalVote) -> bytes:
    """A list with the charter's numbers, in which two voters have changed places."""
    homes = list(vote.homes)
    homes[0], homes[18] = homes[18], homes[0]
    return vote.codes_of(homes)


def regional_tally_with(log: MemoryLog, change: Callable[[list[dict[str, object]]], None]) -> bytes:
    """The good regional tally with other cells."""
    message = msgspec.json.decode(read_board_entry(log.received[REGIONAL_TALLY]).parts[0].content or b"")
    change(message["cells"])
    return entry(EntryKind.REGIONAL_TALLY, write_json(msgspec.convert(message, RegionalTallyMessage)))


def split(cells: list[dict[str, object]], *, alone: int) -> None:
    """The first cell, cut into its two regions."""
    first = cells.pop(0)
    cells.insert(0, {**first, "regions": ["coast"], "num_tallied": alone})
    cells.insert(1, {**first, "regions": ["hills"], "num_tallied": 4})


def overlap(cells: list[dict[str, object]]) -> None:
    """One more cell, of two regions that are in others."""
    cells.append({**cells[0], "regions": ["hills", "south"], "num_tallied": 8})


def left_out(cells: list[dict[str, object]]) -> None:
    """The rest is not decrypted: the national sum would tell it."""
    cells.pop()


def all_in_one(cells: list[dict[str, object]]) -> None:
    """A partition that is safe, and not the charter's."""
    cells[:] = [{**cells[0], "regions": ["coast", "hills", "south", ""], "num_tallied": 13}]


def other_sum(cells: list[dict[str, object]]) -> None:
    """Two cells' sums exchanged."""
    cells[1]["encrypted_tally"], cells[2]["encrypted_tally"] = cells[2]["encrypted_tally"], cells[1]["encrypted_tally"]


def rename(cells: list[dict[str, object]]) -> None:
    """A region that the charter has not."""
    cells[1]["regions"] = ["sea"]
