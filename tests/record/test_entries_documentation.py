"""The page on entries says what the code does."""

import doctest
from pathlib import Path

from psephos.record.board_entries import PARTS, EntryKind
from psephos.record.board_terms import BoardTerms
from psephos.record.rules import RULES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "entries.md"


def test_example_of_the_page_runs() -> None:
    """What the page shows is what happens."""
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.attempted > 3
    assert found.failed == 0


def test_page_lists_every_kind_part_rule_and_field() -> None:
    """Kinds with the number of their parts and which may be blobs; rules word by word; the charter's fields."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = {line.split("|")[1].strip().strip("`"): line.split("|")[2] for line in lines if line.startswith("| `")}
    for kind, forms in PARTS.items():
        parts = rows[kind].split(",")
        assert [("⬚" in part) for part in parts] == [form.large for form in forms], kind
    for rule in RULES:
        assert f"| {rule.id} | `{rule.reason}` | {rule.text} |" in lines
    text = "\n".join(lines)
    assert all(f"`{name}`" in text for name in BoardTerms.__struct_fields__)
    assert all(f"`{kind}`" in text for kind in EntryKind)
