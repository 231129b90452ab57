"""Checks about regions: V20 to V23. They need a board, since nothing about regions stands in an archive."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psephos.errors import MismatchError
from psephos.protocol.result import Counts
from psephos.record.charter import Charter
from psephos.record.regional import RegionalRecord
from psephos.record.regions import Regions, Shown, show_cells
from psephos.record.state import RecordState
from psephos.verify.report import Report

CHECKS = ("V20", "V21", "V22", "V23")
NO_REGION = "no region"
"""How people read the name of the rest."""


def block_regional(report: Report, charter: Charter | None) -> None:
    """Say why an archive alone says nothing about regions.

    Args:
        report: The report on it.
        charter: The charter beside it; None if none was given, or it does not hold.
    """
    if charter is None:
        why = "no charter was given that says whether regions are counted"
    elif charter.regions is None:
        why = "the charter counts no regions"
    else:
        why = "regional sums stand on the board, not in the archive: verify the board"
    for check in CHECKS:
        report.blocked(check, why)


def report_regional(report: Report, state: RecordState) -> None:
    """What the entries of a log with effect say about regions; they were judged by rules that contain these checks."""
    assert state.signed is not None
    regional = state.regional
    if regional is None:
        block_regional(report, state.signed.charter)
        return
    for check, why in (
        ("V20", "there is no list yet"),
        ("V21", "there is no regional tally yet"),
        ("V22", "nobody has decrypted the cells yet"),
        ("V23", "there is no regional result yet"),
    ):
        report.blocked(check, why)
    if regional.counted is not None:
        report.passed("V20", regional.regions.voters)
    if regional.tally is None:
        return
    _report_cells(report, regional)
    if regional.answers:
        report.passed("V22", len(regional.answers))
    if regional.counts is not None:
        national = None if state.decryptions is None else state.decryptions.counts
        _report_counts(report, regional, regional.counts, national)


def _report_cells(report: Report, regional: RegionalRecord) -> None:
    cells, regions = regional.cells(), regional.regions
    report.passed("V21", len(cells))
    merged = [cell for cell in cells if len(cell.leaves) > 1]
    if merged:
        names = "; ".join(in_words(regions.names(cell)) for cell in merged)
        report.found(
            "V21", f"counted together, because fewer ballots than the charter allows would be exposed: {names}"
        )
    if not cells:
        for check in ("V22", "V23"):
            report.blocked(check, "fewer ballots count in all than a cell needs: none is decrypted")


def _report_counts(
    report: Report, regional: RegionalRecord, counts: tuple[Counts, ...], national: Counts | None
) -> None:
    if national is not None and tuple(map(_added, zip(*counts, strict=True))) != national:
        report.failed("V23", MismatchError("the regional counts do not add up to the result"))
        return
    report.passed("V23", len(counts))
    regions, cells = regional.regions, regional.cells()
    for cell in show_cells(regions, cells, counts):
        report.regional.append(as_dict(cell, regions))
        names = in_words(regions.names(cell.cell))
        if cell.unanimous:
            report.found(
                "V23", f"{names}: all {cell.cell.counted} ballots say the same, so the result tells how each was cast"
            )
        elif cell.merged_on:
            report.found(
                "V23", f"{names}: shown together, because all ballots of a part say the same; the record tells of which"
            )


def _added(questions: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*questions, strict=True)))


def in_words(names: Iterable[str]) -> str:
    """The names of a cell's regions."""
    return " + ".join(name or NO_REGION for name in names)


def as_dict(shown: Shown, regions: Regions) -> dict[str, Any]:
    """A cell's figures, for programs; the name of the rest is empty."""
    return {
        "regions": list(regions.names(shown.cell)),
        "counted": shown.cell.counted,
        "counts": [list(question) for question in shown.counts],
        "unanimous": shown.unanimous,
        "merged_on": shown.merged_on,
    }
