"""The first draft of a rehearsal: what was answered stands in it, and the template's comments stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.adapters.package_data import read_text
from psephos.errors import MalformedError
from psephos.referendum.definition import read_draft, write_definition
from psephos.referendum.draft import draft_rehearsal
from psephos.referendum.lint_page import lint
from tests.support.defined import basics, word_lists

TEMPLATE = read_text("rehearsal.toml")


@given(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200))
def test_texts_stand_in_the_draft_as_they_were_given_or_are_refused(title: str, question: str) -> None:
    """Quotation marks, backslashes, slots of the template and lines stay what they are; nothing else is let in."""
    try:
        written = draft_rehearsal(TEMPLATE, basics(title=title, question=question))
    except MalformedError:
        return
    read = read_draft(written)
    assert (read.title, read.questions[0].text) == ({"en": title}, {"en": question})


@pytest.mark.parametrize("title", ['"', "\\", "@question@", "a\nb", "# no comment", "\u06cc\u200c\u0647", "'''"])
def test_characters_that_toml_knows_are_no_danger(title: str) -> None:
    """None of them ends the text."""
    assert read_draft(draft_rehearsal(TEMPLATE, basics(title=title))).title == {"en": title}


@pytest.mark.parametrize("title", ["", "a\x00", "a\x7f", "a\u202eb", "\x1b[2J"])
def test_title_that_shows_something_else_is_refused(title: str) -> None:
    """Characters that do not show themselves, and no title at all."""
    with pytest.raises(MalformedError):
        draft_rehearsal(TEMPLATE, basics(title=title))


@given(
    trustees=st.integers(3, 9),
    registrars=st.integers(1, 2),
    organisers=st.integers(1, 5),
    voters=st.integers(1, 10**6),
)
def test_any_number_of_parties_makes_a_definition_that_can_be_published(
    trustees: int, registrars: int, organisers: int, voters: int
) -> None:
    """With more than half of the trustees needed, and not all."""
    changes = {"trustees": trustees, "threshold": trustees // 2 + 1, "registrars": registrars, "voters": voters}
    keys = tuple(f"key {number}" for number in range(organisers))
    written = draft_rehearsal(TEMPLATE, basics(**changes, organisers=keys, organisers_needed=organisers))
    read = read_draft(written)
    assert lint(read, word_lists()).blocking == ()
    assert write_definition(read)
    assert (len(read.parties.trustees), len(read.parties.registrars)) == (trustees, registrars)
    assert [party.key for party in read.parties.organisers] == list(keys)
    assert read.electorate.registered == voters


def test_comments_stay() -> None:
    """Whoever opens the file is told what stands where."""
    written = draft_rehearsal(TEMPLATE, basics()).decode()
    comments = [line for line in TEMPLATE.splitlines() if line.startswith("#")]
    assert comments
    assert all(comment in written for comment in comments)
