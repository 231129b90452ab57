"""Checks V24 to V28: the definition of a board, its addenda, and what follows from the result under its rule."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import msgspec
import pytest

from psephos.adapters.files import MemorySource
from psephos.adapters.package_data import read_text
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.record.board_entries import EntryKind
from psephos.record.board_terms import show_time
from psephos.record.charter import read_charter
from psephos.record.definition_entry import addendum_text, definition_text, text_with_fingerprint
from psephos.referendum.addenda import make_addendum
from psephos.referendum.definition import Definition, read_draft, write_definition
from psephos.referendum.definition_conduct import Appeals, KnownNumber
from psephos.referendum.definition_people import Justification, Observation, Witness
from psephos.referendum.draft import draft_rehearsal
from psephos.referendum.rule_file import Result, RuleMessage
from psephos.referendum.truth import Interval, Truth
from psephos.verify.audit import Beside, audit
from psephos.verify.board_audit import BoardReport, audit_board
from psephos.verify.definition import CHECKS, NONE_NAMED
from psephos.verify.report import Status, Verdict
from tests.support.bad_entries import entry
from tests.support.defined import (
    ANNUL,
    COURT,
    UNDECRYPTABLE,
    addendum,
    addendum_entry,
    basics,
    charter_of,
    defined_log,
    defined_vote,
    definition,
    definition_entry,
    published,
    word_lists,
)
from tests.support.logged import (
    CLOSES,
    LATEST,
    WITNESSES,
    MemoryLog,
    board_terms,
    hold_vote,
    log_of,
    organisers_note,
)
from tests.support.referendum import NOW, make_charter
from tests.support.regional import RegionalVote, prepare

BALLOT, CLOSE, RESULT = 7, 15, 19
"""Places in the log with a definition: first ballot, EndBallots, Result."""


def audited(log: MemoryLog) -> BoardReport:
    """The audit, with the linter."""
    return audit_board(log, lists=word_lists())


def states(board: BoardReport) -> dict[str, Status]:
    """What became of the checks about definitions."""
    return {check: board.report.results[check].status for check in CHECKS}


def said(board: BoardReport, check: str) -> list[str]:
    """The findings of a check."""
    return [one.message for one in board.report.results[check].findings]


def outcome(board: BoardReport) -> tuple[Result, Result]:
    """The outcome of the only question, and what the figures alone would say."""
    assert board.defined is not None
    (found,) = board.defined.outcomes.values()
    return found.result, found.arithmetic


def with_addenda(*changes: dict[str, Any], place: int = RESULT + 1, kind: str = "rehearsal") -> MemoryLog:
    """The log with addenda, one after the other."""
    made: list[bytes] = []
    log = defined_log(kind)
    for number, change in enumerate(changes):
        made.append(addendum(change, earlier=made[:], made_at=show_time(CLOSES + 60), kind=kind))
        log = log.with_entries([(place + number, addendum_entry(made[-1], kind=kind))])
    return log


# ── a whole vote ────────────────────────────────────────────────────────────────────────────────────────────────


def test_whole_vote_has_its_outcome() -> None:
    """All checks pass, and yes has more votes than no: three, one, and one blank."""
    board = audited(defined_log())
    assert board.report.verdict is Verdict.VERIFIED
    assert states(board) == {**dict.fromkeys(CHECKS, Status.PASSED), "V27": Status.NOT_RUN}
    assert board.report.results["V27"].reason == "there are no addenda"
    assert outcome(board) == (Result.PASSES, Result.PASSES)
    assert board.defined is not None
    (term,) = board.defined.outcomes[1].terms
    assert (term.numerator, term.margin) == (3, 1) or term.margin == 2
    assert board.report.caveats == []


def test_report_for_programs_carries_definition_findings_and_outcome() -> None:
    """Every conjunct with its numbers; without a definition there is none."""
    data = audited(defined_log()).as_dict()["definition"]
    assert data["fingerprint"] == sha256_hex(published())
    assert (data["kind"], data["addenda"], data["withdrawn"]) == ("rehearsal", 0, [])
    assert data["lint"]["against_publishing"] == 0
    (found,) = data["outcomes"]
    assert (found["question"], found["result"], found["conjuncts"]) == (1, "passes", ["true"])
    assert found["findings"]["passes"]["margin"] == 2
    assert audited(log_of(hold_vote())).as_dict()["definition"] is None


@pytest.mark.parametrize("size", [1, 2, 3, BALLOT, CLOSE, RESULT])
def test_as_far_as_the_log_goes_nothing_fails_and_nothing_follows(size: int) -> None:
    """Each check waits for what it needs, and says for what."""
    board = audited(defined_log().first(size))
    assert board.report.verdict is Verdict.VERIFIED
    ran = {check for check, status in states(board).items() if status is Status.PASSED}
    assert ran == (set() if size == 1 else {"V24", "V25", "V26"})
    why = board.report.results["V28"].reason
    assert why == (
        "the definition that the charter names is not on the board yet" if size == 1 else "there is no result yet"
    )


def test_vote_without_a_definition_is_verified_and_says_so() -> None:
    """A plain Belenios election works; the checks say that none is named."""
    board = audited(log_of(hold_vote()))
    assert board.report.verdict is Verdict.VERIFIED
    assert set(states(board).values()) == {Status.NOT_RUN}
    assert {board.report.results[check].reason for check in CHECKS} == {NONE_NAMED}


def test_archive_says_where_its_definition_stands() -> None:
    """An archive alone cannot say what follows, whether or not its charter is there."""
    vote = defined_vote()
    for beside in (Beside(), Beside(charter=vote.charter)):
        report = audit(MemorySource(vote.bel), beside)
        assert {report.results[check].status for check in CHECKS} == {Status.NOT_RUN}
        assert "verify the board" in report.results["V28"].reason
    report = audit(MemorySource(hold_vote().bel), Beside(charter=hold_vote().charter))
    assert report.results["V24"].reason == NONE_NAMED


# ── V24, V25 ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_wrong_definition_is_a_finding_and_the_vote_goes_on() -> None:
    """An entry that breaks the rule is listed against the ballot box, which let it in."""
    bad = definition_entry(defined_vote(), published("statutory"))
    board = audited(defined_log().with_entries([(1, bad)]))
    assert board.report.verdict is Verdict.VERIFIED
    assert any("another definition than the charter names" in one for one in said(board, "V24"))
    assert outcome(board)[0] is Result.PASSES


Change = Callable[[bytes], bytes]


def other_charter(**changes: Any) -> bytes:
    """A charter that names the definition, and says something else."""
    charter = read_charter(charter_of(published()))
    assert charter.board is not None
    board = {name: changes.pop(name) for name in list(changes) if name in charter.board.__struct_fields__}
    changed = msgspec.structs.replace(charter, board=msgspec.structs.replace(charter.board, **board), **changes)
    return write_json(changed)


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"title": "Another bridge"}, "/title"),
        ({"kind": "real"}, "/kind"),
        ({"minimum_counted": 1}, "/minimum_counted"),
        ({"trustees": ("Trustee 1", "Trustee 3", "Trustee 2")}, "/trustees"),
        ({"closes_at": CLOSES + 1}, "/board/closes_at"),
        ({"latest_close": LATEST + 1}, "/board/latest_close"),
        ({"earliest_close": NOW + 2}, "/board/earliest_close"),
        ({"organisers": board_terms().organisers[:2]}, "/board/organisers"),
        ({"organisers_needed": 1}, "/board/organisers_needed"),
    ],
)
def test_charter_that_says_something_else_is_verified_false(changes: dict[str, Any], at: str) -> None:
    """Two documents that differ would let each side choose; nothing follows from the result."""
    vote = hold_vote(charter=other_charter(**changes))
    log = log_of(vote).with_entries([(1, definition_entry(vote, published()))])
    board = audited(log)
    assert board.report.verdict is Verdict.FALSE
    assert [failure.at for failure in board.report.results["V25"].failures] == [at]
    assert board.defined is None
    assert board.report.results["V28"].reason.endswith("(V25)")


def test_definition_that_nobody_can_read_is_verified_false() -> None:
    """Organisers who sign a fingerprint of something else have defined nothing."""
    for content in (b"{}", published() + b" ", b"\xff"):
        charter = make_charter(
            size=3, threshold=2, text=text_with_fingerprint("", sha256_hex(content)), board=defined_vote().terms.wire
        )
        vote = hold_vote(charter=charter)
        board = audited(log_of(vote).with_entries([(1, definition_entry(vote, content))]))
        assert [failure.code for failure in board.report.results["V25"].failures] == ["malformed"]
        assert board.report.verdict is Verdict.FALSE


def test_other_number_of_credentials_than_registered_is_a_finding() -> None:
    """Who is registered counts in a rule; two numbers are shown side by side."""
    electorate = msgspec.structs.replace(definition().electorate, registered=7)
    other = write_definition(definition(electorate=electorate))
    vote = hold_vote(charter=charter_of(other))
    board = audited(log_of(vote).with_entries([(1, definition_entry(vote, other))]))
    assert said(board, "V25") == ["the definition says that 7 are registered, and there are 6 credentials"]
    assert board.report.verdict is Verdict.VERIFIED


# ── V26 ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_findings_that_nobody_answered_stand_beside_the_result() -> None:
    """A definition that was published around the linter is verified, and every report says what is open."""
    board = audited(defined_log("statutory"))
    assert board.report.verdict is Verdict.VERIFIED
    unnamed, caveat = board.report.caveats
    assert unnamed.startswith("the charter counts on observers whom the definition does not name")
    assert caveat.startswith("rules of good practice are not answered in its definition: Q")
    assert any(one.startswith("I03 refuses to publish") for one in said(board, "V26"))
    assert {one.culprit for one in board.report.results["V26"].findings} == {"organisers"}
    assert outcome(board)[0] is Result.PASSES


def test_justification_takes_its_finding_away() -> None:
    """What was justified is not open."""
    kind = "statutory"
    justified = write_definition(definition(kind=kind, justifications=(Justification(rule="P01", text="No kiosk."),)))
    vote = hold_vote(charter=charter_of(justified))
    board = audited(log_of(vote).with_entries([(1, definition_entry(vote, justified))]))
    before = audited(defined_log(kind))
    assert any(one.startswith("P01") for one in said(before, "V26"))
    assert not any(one.startswith("P01") for one in said(board, "V26"))


def test_justification_for_a_rule_that_we_do_not_know_is_a_finding() -> None:
    """A newer linter has more rules; an older one says that it could not be run."""
    other = write_definition(definition(justifications=(Justification(rule="Z99", text="Later."),)))
    vote = hold_vote(charter=charter_of(other))
    board = audited(log_of(vote).with_entries([(1, definition_entry(vote, other))]))
    assert board.report.verdict is Verdict.VERIFIED
    assert said(board, "V26") == ["the linter could not be run: there is no rule 'Z99' [/justifications/0/rule]"]


def test_without_word_lists_the_linter_is_not_run() -> None:
    """And nothing is said of what it would find."""
    board = audit_board(defined_log("statutory"))
    assert board.report.results["V26"].status is Status.NOT_RUN
    assert not any("good practice" in caveat for caveat in board.report.caveats)


def test_definition_at_the_end_of_the_calendar_is_not_that_of_the_vote() -> None:
    """A second after its opening there is no time: the check fails, and the audit goes on to its end."""
    there = definition()
    late = msgspec.structs.replace(there.calendar, opens_at="9999-12-31T23:59:59Z")
    received = write_definition(msgspec.structs.replace(there, calendar=late))
    charter = read_charter(charter_of(published()))
    text = charter.text.replace(sha256_hex(published()), sha256_hex(received))
    vote = hold_vote(charter=write_json(msgspec.structs.replace(charter, text=text)))
    board = audited(log_of(vote).with_entries([(1, definition_entry(vote, received))]))
    assert [(one.code, one.at) for one in board.report.results["V25"].failures] == [("malformed", "/calendar")]
    assert board.report.verdict is Verdict.FALSE


# ── V27, V28 ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_annulled_vote_is_void_and_its_figures_are_shown() -> None:
    """The body that decides is the definition's; what the count says stands beside it."""
    board = audited(with_addenda(ANNUL))
    assert board.report.ok("V27", "V28")
    assert outcome(board) == (Result.VOID, Result.PASSES)
    (caveat,) = board.report.caveats
    assert said(board, "V27") == [caveat]
    at = show_time(CLOSES + 60)
    assert caveat.startswith(f"the organisers have signed (addendum 1, decided {at}, on the board after the result)")
    assert f"that {COURT} has declared the vote void: {ANNUL['reasons']}" in caveat
    assert "this is their word" in caveat
    assert [one.culprit for one in board.report.results["V27"].findings] == ["organisers"]
    data = board.as_dict()["definition"]
    assert (data["annulled"], data["annulled_regions"]) == ({"body": COURT, "reasons": ANNUL["reasons"]}, [])


def test_vote_annulled_before_it_was_counted_is_void() -> None:
    """There are no figures, and nothing is made up."""
    log = with_addenda(ANNUL, place=CLOSE + 1).first(CLOSE + 2)
    board = audited(log)
    assert outcome(board) == (Result.VOID, Result.UNKNOWN)
    (caveat,) = board.report.caveats
    assert "on the board before the votes were decrypted" in caveat


def test_vote_that_cannot_be_decrypted_is_unknown() -> None:
    """Without a result, the organisers' word is that there will be none."""
    log = with_addenda(UNDECRYPTABLE, place=CLOSE + 1).first(CLOSE + 2)
    board = audited(log)
    assert outcome(board) == (Result.UNKNOWN, Result.UNKNOWN)
    assert board.defined is not None
    assert board.defined.outcomes[1].figures.undecryptable == UNDECRYPTABLE["reason"]
    (caveat,) = board.report.caveats
    assert said(board, "V27") == [caveat]
    assert f"that the votes cannot be counted: {UNDECRYPTABLE['reason']}" in caveat
    assert board.as_dict()["definition"]["undecryptable"] == UNDECRYPTABLE["reason"]


def test_counted_votes_are_not_said_to_be_uncountable() -> None:
    """Whoever dislikes the result does not make it disappear by signing that there is none."""
    board = audited(with_addenda(UNDECRYPTABLE))
    assert outcome(board) == (Result.PASSES, Result.PASSES)
    assert "the organisers have signed that the votes cannot be counted, and they were counted" in board.report.caveats


def test_addendum_that_the_definition_does_not_allow_has_no_effect() -> None:
    """Another body than the one that decides appeals annuls nothing; it is said beside the result."""
    allowed = addendum(ANNUL)
    changed = allowed.replace(ANNUL["body"].encode(), b"the ministry of the interior")
    text = addendum_text(charter=defined_vote().name, number=1, addendum=sha256_hex(changed))
    bad = entry(EntryKind.ADDENDUM, changed, organisers_note(text, defined_vote().terms))
    board = audited(defined_log().with_entries([(RESULT + 1, bad)]))
    assert outcome(board) == (Result.PASSES, Result.PASSES)
    assert board.report.verdict is Verdict.VERIFIED
    (caveat,) = board.report.caveats
    assert caveat.startswith("addendum 1 has no effect: the ministry of the interior does not decide appeals")


def test_after_an_addendum_without_effect_the_next_one_has_its_own() -> None:
    """A number that was spent on nothing does not keep the others out."""
    nonsense = b"{}"
    text = addendum_text(charter=defined_vote().name, number=1, addendum=sha256_hex(nonsense))
    bad = entry(EntryKind.ADDENDUM, nonsense, organisers_note(text, defined_vote().terms))
    second = addendum(ANNUL).replace(b'"number":1', b'"number":2')
    log = defined_log().with_entries([(RESULT + 1, bad)]).with_entries([(RESULT + 2, addendum_entry(second))])
    assert outcome(audited(log)) == (Result.VOID, Result.PASSES)


def test_withdrawal_is_told() -> None:
    """It changes no key and no outcome."""
    board = audited(with_addenda({"kind": "withdraw", "name": "Trustee 2", "reason": "arrested"}))
    assert said(board, "V27") == ["Trustee 2 has withdrawn: arrested"]
    assert outcome(board) == (Result.PASSES, Result.PASSES)


def test_reasons_of_several_lines_stand_on_one() -> None:
    """No line that organisers wrote is taken for one of the report."""
    lines = "arrested\nVERIFIED — everything"
    board = audited(with_addenda({"kind": "withdraw", "name": "Trustee 2", "reason": lines}))
    assert said(board, "V27") == ["Trustee 2 has withdrawn: arrested VERIFIED — everything"]


@pytest.mark.parametrize("kind", ["rehearsal", "statutory"])
def test_closing_time_moved_without_an_addendum_is_told(kind: str) -> None:
    """The board moves it by an entry of its own; why is what an addendum says. In a real vote it is a caveat."""
    vote = defined_vote(kind)
    moved = entry(EntryKind.CLOSING_TIME, vote.closing_time(1, LATEST))
    log = defined_log(kind).first(BALLOT).with_entries([(BALLOT, moved)])
    board = audited(log)
    (finding,) = said(board, "V27")
    assert finding.startswith(f"closing was moved to {show_time(LATEST)}")
    assert (finding in board.report.caveats) == (kind == "statutory")


def test_closing_time_moved_with_an_addendum_is_as_it_should_be() -> None:
    """Extension, and the entry by which the board closes later, say the same."""
    later = LATEST - 60
    moved = entry(EntryKind.CLOSING_TIME, defined_vote().closing_time(1, later))
    extended = addendum({"kind": "extend", "closes_at": show_time(later), "reason": "the network was cut"})
    log = defined_log().first(BALLOT).with_entries([(BALLOT, moved)])
    board = audited(log.with_entries([(BALLOT + 1, addendum_entry(extended))]))
    assert said(board, "V27") == []
    assert board.report.ok("V27")


@cache
def regional_vote() -> tuple[RegionalVote, bytes]:
    """A vote with its definition, in two regions: yes 7 and no 5 in all, 5 and 1 in the North, 2 and 4 in the South."""
    where = {"voters": 19, "minimum_counted": 3, "regions": (("North", 10), ("South", 9))}
    drafted = read_draft(draft_rehearsal(read_text("rehearsal.toml"), basics(**where)))
    received = write_definition(msgspec.structs.replace(drafted, appeals=Appeals(body=COURT)))
    votes = [*((voter, int(voter == 5)) for voter in range(6)), *((voter, int(voter > 11)) for voter in range(10, 16))]
    vote = prepare(charter_of(received), (0,) * 10 + (1,) * 9, tuple(votes))
    return vote, received


@cache
def regional_log() -> MemoryLog:
    """Its log with everything; not to be changed."""
    vote, received = regional_vote()
    note = organisers_note(definition_text(sha256_hex(received)), defined_vote().terms)
    return vote.done(definition=entry(EntryKind.DEFINITION, received, note))


def test_rule_that_asks_the_regions_is_judged_by_their_verified_counts() -> None:
    """More yes in the country is not enough where more than half of two regions must say yes."""
    board = audited(regional_log())
    assert board.report.verdict is Verdict.VERIFIED
    assert board.report.result == ((7, 5, 0),)
    assert outcome(board) == (Result.FAILS, Result.FAILS)
    assert board.defined is not None
    country, regions = board.defined.outcomes[1].terms
    assert (country.truth, regions.truth) == (Truth.TRUE, Truth.FALSE)
    assert regions.numerator == regions.bound == Interval.exactly(Fraction(1))


def test_what_hangs_on_regions_that_are_not_counted_yet_is_unknown() -> None:
    """The country's result is there before the regions'; the outcome waits for both, and says so."""
    log = regional_log()
    board = audited(log.first(log.size() - 1))
    assert board.report.result == ((7, 5, 0),)
    assert outcome(board) == (Result.UNKNOWN, Result.UNKNOWN)
    assert said(board, "V28") == ["the counts of the regions are not there yet: what hangs on one of them is unknown"]


def test_annulled_region_is_taken_out_and_what_hangs_on_it_is_unknown() -> None:
    """Its votes leave the country's sum, and whether the region agreed is not known."""
    (vote, received), log = regional_vote(), regional_log()
    change = {"kind": "annul", "body": COURT, "reasons": "raided", "regions": ["South"]}
    made = make_addendum(received, [], change, made_at=show_time(CLOSES))
    text = addendum_text(charter=sha256_hex(vote.charter), number=1, addendum=sha256_hex(made))
    added = entry(EntryKind.ADDENDUM, made, organisers_note(text, defined_vote().terms))
    board = audited(log.with_entries([(log.size(), added)]))
    assert board.report.ok("V27")
    assert outcome(board) == (Result.UNKNOWN, Result.UNKNOWN)
    assert board.defined is not None
    country, regions = board.defined.outcomes[1].terms
    assert (country.numerator, country.truth) == (Interval.exactly(Fraction(5)), Truth.TRUE)
    assert regions.truth is Truth.UNKNOWN
    (caveat, counted) = board.report.caveats
    assert f"that {COURT} has declared the vote in South void: raided" in caveat
    assert counted == "question 1: with the votes of South, as they were counted, the outcome is: fails"
    assert (said(board, "V27"), said(board, "V28")) == ([caveat], [counted])
    assert board.as_dict()["definition"]["annulled_regions"] == ["South"]


def with_definition(changed: Definition) -> MemoryLog:
    """A whole vote on another definition: yes 3, no 1, blank 1."""
    received = write_definition(changed)
    vote = hold_vote(charter=charter_of(received))
    return log_of(vote).with_entries([(1, definition_entry(vote, received))])


def eligible(number: int, **changes: Any) -> MemoryLog:
    """A vote whose definition says how many may vote."""
    estimate = KnownNumber(number, source="an estimate")
    electorate = msgspec.structs.replace(definition().electorate, eligible=estimate)
    return with_definition(definition(electorate=electorate, **changes))


def quorum_of_eligible(number: int) -> MemoryLog:
    """A vote whose rule hangs on how many may vote."""
    quorum = {"rule": "approval-quorum", "share": "1/4", "of": "eligible", "compare": "ge"}
    message = {"format": "psephos/rule/1", "name": "a quorum", "valid": ["yes", "no"], "tie": "fails", "ready": quorum}
    return eligible(number, rule=msgspec.convert(message, RuleMessage))


def both_ways() -> MemoryLog:
    """A vote under a rule by which the proposal passes and fails at once, on these figures."""
    more = {"gt": ["yes", "no"]}
    message = {"format": "psephos/rule/1", "name": "two-sided", "passes": more, "fails": {"gt": ["blank", "0"]}}
    return with_definition(definition(rule=msgspec.convert(message, RuleMessage)))


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (lambda: quorum_of_eligible(4), "eligible = 4, and there are 5 ballots"),
        (both_ways, "under this rule the proposal both passes and fails"),
    ],
)
def test_verified_result_that_decides_nothing_is_no_false_record(log: Callable[[], MemoryLog], why: str) -> None:
    """An estimate that was too low, or a rule that contradicts itself, makes no honest count false; it is said."""
    board = audited(log())
    assert board.report.verdict is Verdict.VERIFIED
    assert board.report.result == ((3, 1, 1),)
    assert board.report.caveats[-1:] == said(board, "V28") == [f"question 1 has no outcome: {why}"]
    assert board.report.results["V28"].status is Status.NOT_RUN
    assert board.report.results["V28"].reason == f"question 1: {why}"
    assert board.defined is not None
    assert board.defined.outcomes == {}


def test_estimate_that_is_not_below_the_turnout_decides() -> None:
    """As many as have voted are enough."""
    assert outcome(audited(eligible(5))) == (Result.PASSES, Result.PASSES)


def test_nothing_follows_where_another_check_failed() -> None:
    """A result of a false record has no outcome."""
    board = audit_board(defined_log(), charter=hold_vote().charter, lists=word_lists())
    assert board.report.verdict is Verdict.FALSE
    assert board.defined is not None
    assert board.defined.outcomes == {}
    assert board.report.results["V28"].status is Status.NOT_RUN


@pytest.mark.parametrize("number", [0, 4])
def test_number_that_the_rule_does_not_name_takes_no_outcome_away(number: int) -> None:
    """More yes than no is what it is, whoever estimated how many may vote; that more have voted is said."""
    board = audited(eligible(number))
    assert board.report.verdict is Verdict.VERIFIED
    assert outcome(board) == (Result.PASSES, Result.PASSES)
    assert states(board)["V28"] is Status.PASSED
    assert said(board, "V28") == [
        f"the definition says that {number} may vote, and 5 ballots count; the rule does not name that number"
    ]
    assert said(audited(eligible(5)), "V28") == []


def watched_by(*witnesses: Witness, kind: str = "statutory") -> MemoryLog:
    """A vote whose definition names these witnesses, and whose charter counts on observers o0 to o3."""
    return with_definition(definition(kind=kind, observation=Observation(witnesses=witnesses)))


@pytest.mark.parametrize("name", ["o{}", "observer{}.example/w", "observer{}.example/v"])
def test_witnesses_of_the_definition_may_be_named_as_in_the_policy_or_by_a_key(name: str) -> None:
    """Then nothing is to be said."""
    board = audited(watched_by(*(Witness(name=name.format(number)) for number in range(4))))
    assert states(board)["V25"] is Status.PASSED
    assert said(board, "V25") == []


def test_observers_whom_the_definition_does_not_name_are_said_beside_the_result() -> None:
    """Three foreign witnesses on paper, and others whose quorum counts."""
    names = "witness-0.example, witness-1.example, witness-2.example"
    foreign = [Witness(name=f"witness-{number}.example", organisation="University") for number in range(3)]
    board = audited(watched_by(*foreign, Witness(name="o1")))
    assert board.report.verdict is Verdict.VERIFIED
    sentences = [
        "the charter counts on observers whom the definition does not name: o0, o2, o3",
        f"the definition names witnesses on whom the charter does not count: {names}",
    ]
    assert said(board, "V25") == sentences
    assert [one for one in board.report.caveats if one in sentences] == sentences
    assert said(audited(watched_by(*foreign, kind="rehearsal")), "V25") == []


def test_other_key_than_the_definition_gives_a_witness_is_refused() -> None:
    """A name alone is quickly taken."""
    right = str(WITNESSES[0].key)
    assert states(audited(watched_by(Witness(name="o0", key=right))))["V25"] is Status.PASSED
    board = audited(watched_by(Witness(name="o1", key=right)))
    (failure,) = board.report.results["V25"].failures
    assert (failure.message, failure.at) == ("the charter has another key of this name", "/observation/witnesses/0/key")
