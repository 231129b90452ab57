"""`psephos auditor outcome` as a person and as a program use it."""

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from psephos.cli.main import run
from psephos.protocol.election import Question
from psephos.protocol.group import Group
from psephos.referendum.definition import fingerprint, write_definition
from tests.support.definitions import draft
from tests.support.records import ATTACKS, ELECTIONS, VECTORS
from tests.support.world import YES_NO_BLANK, World, whole_record

GOOD = next((ELECTIONS / "ed25519-yesno-single-trustee").glob("*.bel"))
QUORUM = """format = "psephos/rule/1"
name = "Quorum of those registered"
tie = "fails"
ready = { rule = "turnout-quorum", share = "1/2", of = "registered", compare = "gt" }
"""
ELIGIBLE = QUORUM.replace("registered", "eligible")


@pytest.fixture
def rule(tmp_path: Path) -> str:
    """A rule's file."""
    path = tmp_path / "rule.toml"
    path.write_text(QUORUM)
    return str(path)


def written(path: Path, content: Any) -> str:
    """A file with this content."""
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def figures(path: Path, **totals: int) -> str:
    """A file of figures."""
    return written(path, {"format": "psephos/figures/1", "totals": totals})


def test_outcome_of_figures_is_explained(tmp_path: Path, rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A person reads the rule, every term with its numbers, the margin, and the outcome."""
    given = figures(tmp_path / "figures.json", yes=40, no=9, ballots=49, registered=100)
    assert run(["auditor", "outcome", "--rule", rule, "--figures", given]) == 0
    shown = capfd.readouterr().out
    assert "The proposal passes if all of this holds" in shown
    assert "✗ the number of ballots: 49; 1/2 (50 %) of the number of people registered (100) is 50" in shown
    assert "short by 2 votes" in shown
    assert "The proposal fails." in shown
    assert "No fewer than 2 changed votes could change the outcome." in shown


def test_outcome_in_persian(tmp_path: Path, rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The same in Persian."""
    given = figures(tmp_path / "figures.json", yes=40, no=9, ballots=49, registered=100)
    assert run(["auditor", "outcome", "--rule", rule, "--figures", given, "--language", "fa"]) == 0
    assert "پیشنهاد رد می‌شود." in capfd.readouterr().out
    assert run(["auditor", "outcome", "--rule", rule, "--figures", given, "--language", "xx"]) == 3


def test_outcome_of_a_record_is_computed_after_verification(rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Ten credentials, seven Yes, two No."""
    assert run(["auditor", "outcome", str(GOOD), "--rule", rule, "--json"]) == 0
    shown = capfd.readouterr()
    data = json.loads(shown.out)
    assert data["result"] == "passes"
    assert data["conjuncts"] == ["true", "true"]
    terms = data["findings"]["passes"]["parts"]
    assert [term["numerator"] for term in terms] == [9, 7]
    assert [term["denominator"] for term in terms] == [10, 2]
    assert [term["margin"] for term in terms] == [4, 5]
    assert set(data["words"]) == {"en", "fa", "ar", "ckb", "fr"}
    assert "verified" in shown.err
    assert "whether the vote was declared void since" in " ".join(shown.err.split())


def test_outcome_of_a_false_record_is_refused(tmp_path: Path, rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing follows from a count that does not verify."""
    path = tmp_path / "record.bel"
    packed = next((ATTACKS / "negative-ed25519-yesno" / "05-wrong-result").glob("*.bel.gz"))
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    assert run(["auditor", "outcome", str(path), "--rule", rule]) == 1
    shown = capfd.readouterr()
    assert "V17 failed" in shown.err
    assert shown.out == ""


def test_outcome_of_a_record_that_cannot_be_verified_is_unknown(rule: str) -> None:
    """A shuffled record is neither true nor false."""
    path = next((ELECTIONS / "ed25519-nh-2shuffles").glob("*.bel"))
    assert run(["auditor", "outcome", str(path), "--rule", rule]) == 3


def test_outcome_takes_the_rest_from_figures_and_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Who may vote is not in the record; what contradicts the record is refused."""
    rule = written(tmp_path / "rule.toml", ELIGIBLE)
    assert run(["auditor", "outcome", str(GOOD), "--rule", rule]) == 3
    assert "the rule needs eligible" in capfd.readouterr().err
    beside = figures(tmp_path / "beside.json", eligible=18)
    assert run(["auditor", "outcome", str(GOOD), "--rule", rule, "--figures", beside]) == 0
    shown = capfd.readouterr()
    assert "The proposal fails." in shown.out
    assert "is not verified" in shown.err
    for totals in ({"eligible": 8}, {"eligible": 18, "yes": 8}):
        other = figures(tmp_path / "other.json", **totals)
        assert run(["auditor", "outcome", str(GOOD), "--rule", rule, "--figures", other]) == 1


def test_answers_are_named_not_guessed(tmp_path: Path, rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    """An answer without a meaning is refused; a blank is counted as such."""
    record = tmp_path / "record.bel"
    world = World(Group("Ed25519"), (YES_NO_BLANK,), voters=5)
    votes = [(0, [[1, 0, 0]]), (1, [[1, 0, 0]]), (2, [[0, 0, 1]])]
    record.write_bytes(whole_record(world, votes).archive)
    assert run(["auditor", "outcome", str(record), "--rule", rule, "--yes", "Ja"]) == 1
    assert "name each with --yes" in capfd.readouterr().err
    assert run(["auditor", "outcome", str(record), "--rule", rule, "--yes", "No", "--no", "No"]) == 1
    assert run(["auditor", "outcome", str(record), "--rule", rule, "--question", "2"]) == 1
    capfd.readouterr()
    assert run(["auditor", "outcome", str(record), "--rule", rule, "--json"]) == 0
    terms = json.loads(capfd.readouterr().out)["findings"]["passes"]["parts"]
    assert [(term["numerator"], term["denominator"]) for term in terms] == [(3, 5), (2, 0)]


def test_record_without_result_has_no_outcome(tmp_path: Path, rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A record that is still open is not counted."""
    from tests.cli.test_auditor_commands import cut_after  # noqa: PLC0415 - one use

    path = tmp_path / "record.bel"
    path.write_bytes(cut_after(GOOD.read_bytes(), 8))
    assert run(["auditor", "outcome", str(path), "--rule", rule]) == 1
    assert "error[out-of-turn]" in capfd.readouterr().err


def test_history_shows_every_case(rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A person sees where the rule would have decided otherwise, and where it cannot be tried."""
    assert run(["auditor", "outcome", "--rule", rule, "--try-history"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) == len(json.loads((VECTORS / "outcomes" / "outcomes.json").read_text()))
    assert any(line.startswith("≠  Scotland 1979") and "under this rule passes" in line for line in lines)
    assert any(line.startswith("–  Switzerland 2020") and "cannot be tried" in line for line in lines)
    assert run(["auditor", "outcome", "--rule", rule, "--try-history", "--json"]) == 0
    assert {line["in_law"] for line in json.loads(capfd.readouterr().out)} == {"passes", "fails", "inconclusive"}


def test_chart_in_the_terminal_and_as_a_file(tmp_path: Path, rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The file is never written over another one."""
    svg = tmp_path / "chart.svg"
    command = ["auditor", "outcome", str(GOOD), "--rule", rule, "--what-if", "--svg", str(svg)]
    assert run(command) == 0
    assert "█" in capfd.readouterr().out
    assert svg.read_text().startswith("<svg")
    svg.write_text("another")
    assert run(command) == 1
    assert svg.read_text() == "another"


@pytest.mark.parametrize(("votes", "words"), [("2", "cannot have changed"), ("3", "could have changed")])
def test_irregularities_as_a_number(votes: str, words: str, rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Five votes more Yes than No: three changed votes could turn that."""
    assert run(["auditor", "outcome", str(GOOD), "--rule", rule, "--irregular", votes]) == 0
    assert words in capfd.readouterr().out


def test_irregularities_as_a_file(tmp_path: Path, rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Votes of a file are added up."""
    lines = [{"what": "letters lost", "votes": 1}, {"what": "late opening", "votes": 2}]
    path = written(tmp_path / "list.json", {"format": "psephos/irregularities/1", "irregularities": lines})
    assert run(["auditor", "outcome", str(GOOD), "--rule", rule, "--irregular", path, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["irregularities"] == {
        "votes": 3,
        "anywhere": 3,
        "regions": {},
        "outcome": "could",
    }
    assert run(["auditor", "outcome", str(GOOD), "--rule", rule, "--irregular", "no-such-file"]) == 3


def test_void_and_unknown_outcomes_end_as_they_say(
    tmp_path: Path, rule: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Annulled is an outcome; not decrypted is none."""
    totals = {"yes": 40, "no": 10, "ballots": 50, "registered": 90}
    void = {
        "format": "psephos/figures/1",
        "totals": totals,
        "annulled": {"body": "The electoral court", "reasons": "A wrong figure in the booklet."},
    }
    assert run(["auditor", "outcome", "--rule", rule, "--figures", written(tmp_path / "void.json", void)]) == 0
    shown = capfd.readouterr().out
    assert "The vote is void." in shown
    assert "The figures alone would say: The proposal passes." in shown
    lost = {"format": "psephos/figures/1", "undecryptable": "too few trustees are left"}
    assert run(["auditor", "outcome", "--rule", rule, "--figures", written(tmp_path / "lost.json", lost)]) == 3
    assert "too few trustees are left" in capfd.readouterr().out


def test_figures_that_do_not_add_up_exit_1(tmp_path: Path, rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The sum is named."""
    given = figures(tmp_path / "figures.json", yes=40, no=9, invalid=2, ballots=50, registered=100)
    assert run(["auditor", "outcome", "--rule", rule, "--figures", given]) == 1
    assert "yes + no + invalid = 51, and ballots = 50" in capfd.readouterr().err


def test_usage_without_anything_to_decide_exits_2(rule: str) -> None:
    """A rule alone decides nothing."""
    assert run(["auditor", "outcome", "--rule", rule]) == 2
    assert run(["auditor", "outcome"]) == 2


# ── under a definition ──────────────────────────────────────────────────────────────────────────────────────────

TITLE = "Referendum on the harbour / همه‌پرسی دربارهٔ بندر"
BILINGUAL = Question(
    answers=("Yes / آری", "No / نه", "Blank / سفید"),
    min=1,
    max=1,
    question="Shall the harbour be extended as the bill describes? / آیا بندر به ترتیبی که لایحه می‌گوید گسترش یابد؟",
)
VOTES = [(0, [[1, 0, 0]]), (1, [[1, 0, 0]]), (2, [[0, 1, 0]]), (3, [[0, 0, 1]])]


def cast_under(published: bytes, tmp_path: Path, *, question: Question = BILINGUAL, name: str = TITLE) -> str:
    """A record whose ballots were cast under a definition."""
    description = f"Shown.\nPsephos definition {fingerprint(published)}\nPsephos charter {'c' * 64}"
    world = World(Group("Ed25519"), (question,), voters=5, description=description, name=name)
    path = tmp_path / "record.bel"
    path.write_bytes(whole_record(world, VOTES).archive)
    return str(path)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A definition with an approval quorum among those eligible."""
    path = tmp_path / "definition.json"
    quorum = {"rule": "approval-quorum", "share": "1/3", "of": "eligible", "compare": "ge"}
    path.write_bytes(write_definition(draft({"rule.ready": quorum, "electorate.eligible.number": 6})))
    return path


def test_outcome_under_a_definition_takes_rule_and_answers_from_it(
    published: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Two Yes of six who may vote; the number is the definition's."""
    record = cast_under(published.read_bytes(), tmp_path)
    assert run(["auditor", "outcome", record, "--definition", str(published), "--json"]) == 0
    shown = capfd.readouterr()
    data = json.loads(shown.out)
    assert data["result"] == "passes"
    assert [term["denominator"] for term in data["findings"]["passes"]["parts"]] == [1, 6]
    assert "cast under this definition" in shown.err


def test_outcome_under_another_definition_is_refused(
    published: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A rule that was exchanged after the vote decides nothing."""
    record = cast_under(write_definition(draft()), tmp_path)
    assert run(["auditor", "outcome", record, "--definition", str(published)]) == 1
    assert "cast under another definition" in capfd.readouterr().err
    assert run(["auditor", "outcome", str(GOOD), "--definition", str(published)]) == 1
    assert "none is named" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"question": msgspec.structs.replace(BILINGUAL, question="Shall the harbour be closed?")}, "/questions"),
        ({"question": msgspec.structs.replace(BILINGUAL, answers=(*BILINGUAL.answers[1::-1], "Blank"))}, "/questions"),
        ({"name": f"[REHEARSAL] {TITLE}"}, "/name"),
    ],
)
def test_record_with_another_question_or_name_is_refused(
    changes: dict[str, Any], at: str, published: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A description that names the definition is not enough: what was asked is compared."""
    record = cast_under(published.read_bytes(), tmp_path, **changes)
    assert run(["auditor", "outcome", record, "--definition", str(published)]) == 1
    assert f"not what the definition says (at {at})" in capfd.readouterr().err


def test_weighted_votes_have_no_outcome(tmp_path: Path, rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Sums of weights are no numbers of voters."""
    world = World(Group("Ed25519"), (YES_NO_BLANK,), voters=3, weights=(1, 5, 1))
    path = tmp_path / "record.bel"
    path.write_bytes(whole_record(world, [(0, [[1, 0, 0]]), (1, [[0, 1, 0]])]).archive)
    assert run(["auditor", "outcome", str(path), "--rule", rule]) == 1
    assert "votes are weighted" in capfd.readouterr().err


def test_number_of_irregular_votes_is_never_cut(rule: str) -> None:
    """A number too long is a usage error, not a shorter number."""
    assert run(["auditor", "outcome", str(GOOD), "--rule", rule, "--irregular", "9" * 16]) == 2


def test_figures_that_contradict_the_definition_are_refused(published: Path, tmp_path: Path) -> None:
    """How many may vote was fixed before."""
    record = cast_under(published.read_bytes(), tmp_path)
    for eligible, code in ((6, 0), (7, 1)):
        beside = figures(tmp_path / f"{eligible}.json", eligible=eligible)
        assert run(["auditor", "outcome", record, "--definition", str(published), "--figures", beside]) == code


def test_rule_and_definition_together_are_a_usage_error(published: Path, rule: str) -> None:
    """One of the two decides."""
    assert run(["auditor", "outcome", "--definition", str(published), "--rule", rule, "--try-history"]) == 2
    assert run(["auditor", "outcome", "--definition", str(published), "--try-history"]) == 0


def test_question_with_options_has_no_outcome_by_yes_and_no(tmp_path: Path) -> None:
    """It is not counted as something else."""
    options = [{"meaning": "option", "text": {"en": name, "fa": name}} for name in ("A", "B")]
    path = tmp_path / "definition.json"
    path.write_bytes(write_definition(draft({"questions.0.form": "options", "questions.0.answers": options})))
    asked = msgspec.structs.replace(BILINGUAL, answers=("A / A", "B / B", "C / C"))
    record = cast_under(path.read_bytes(), tmp_path, question=asked)
    assert run(["auditor", "outcome", record, "--definition", str(path)]) == 3
