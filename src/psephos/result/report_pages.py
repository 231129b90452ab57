"""The verifier's report for people: one document of plain parts, of which both the web page and the paper are made.

A part is a text, pairs of a label and a value, a table, a list, or lines of a program. A value that comes from the
record or from a program is marked as such, so that it keeps its direction and is never read as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psephos.ports import UnixSeconds
from psephos.referendum.judging import Term
from psephos.referendum.words import margin_in_words, outcome_in_words, rule_in_words, term_in_words
from psephos.result.caveats import in_words, titles_of
from psephos.result.direction import code, pieces
from psephos.result.language import Language
from psephos.result.report import COUNTERSIGNATURES, REGIONAL, Checked, countersigned_at, moment_of
from psephos.result.report_parts import Part, of_record, spoken, verbatim
from psephos.result.report_policy import policy_lines, state_of
from psephos.result.wording import apart
from psephos.verify.report import Status, Verdict

PAPER = "report"
"""The file of phrases."""
MOST_SHOWN = 100
"""Of a kind, for people: whoever appends rubbish to a log does not make the report unreadable."""
OUTCOME = "V28"
"""The check that computes the outcome."""
_GENERAL = 7
"""How many sentences say what is never checked."""
_CELLS = ("who", "with", "when", "trust", "open")

BLANK = "(blank)"
"""What a report calls the blank vote that a question has beside its answers."""


def report_document(checked: Checked, data: Mapping[str, Any], *, language: Language) -> dict[str, Any]:
    """The report in one language.

    Args:
        checked: What was checked.
        data: The report for programs: every figure comes from it.
        language: With the phrases of `report`.
    """
    page = _Page(checked, data, language)
    reviewed = language.say("both.reviewed_by", reviewer=language.reviewer)
    return {
        "language": language.code,
        "direction": language.direction,
        "title": page.say("title"),
        "about": [of_record(piece) for piece in pieces(data["election"].get("name", "")) if piece],
        "lead": page.say("lead"),
        "rehearsal": page.rehearsal,
        "verdict": {"kind": data["verdict"].replace(" ", "-"), "text": page.verdict()},
        "sections": [
            page.section("found", page.found()),
            page.section("counts", page.counts()),
            page.section("outcome", page.outcome()),
            page.section("identity", page.identity()),
            page.section("observers", page.observers()),
            page.section("checks", page.checks()),
            page.section("without_effect", page.without_effect()),
            page.section("matrix", page.matrix()),
            page.section("unchecked", page.unchecked()),
            page.section("tool", page.tool()),
        ],
        "reviewed": reviewed if language.reviewer else language.phrases["both.not_reviewed"],
    }


class _Page:
    """The sections in one language."""

    def __init__(self, checked: Checked, data: Mapping[str, Any], language: Language) -> None:
        self._checked, self._data, self._language = checked, data, language

    def say(self, phrase: str, **values: object) -> str:
        return self._language.say(f"{PAPER}.{phrase}", **values)

    def section(self, name: str, parts: Iterable[Part]) -> Part:
        return {"name": name, "title": self.say(name), "parts": list(parts)}

    @property
    def _comma(self) -> str:
        return "، " if self._language.direction == "rtl" else ", "

    @property
    def rehearsal(self) -> str:
        charter = self._data["charter"]
        return self._language.phrases["both.rehearsal"] if charter and charter["kind"] == "rehearsal" else ""

    def verdict(self) -> str:
        phase = self.say(f"phase_{self._data['phase']}")
        if self._data["verdict"] == Verdict.FALSE:
            failed = [one["id"] for one in self._data["checks"] if one["status"] == Status.FAILED]
            return self.say("verdict_false", checks=self._listed(failed))
        if self._checked.report.verdict is Verdict.UNKNOWN:
            return self.say("verdict_unknown")
        quorum = self._data["verdict"] == Verdict.UNKNOWN
        return self.say("verdict_quorum" if quorum else "verdict_verified", phase=phase)

    def found(self) -> Iterable[Part]:
        yield spoken(self.verdict(), kind=self._data["verdict"].replace(" ", "-"))
        yield self._pairs((name, self._language.number(self._data[name])) for name in ("voters", "ballots", "counted"))

    # ── what was counted ────────────────────────────────────────────────────────────────────────────────────────

    def counts(self) -> Iterable[Part]:
        if self._data["result"] is None:
            yield spoken(self.say("no_counts"))
            yield from self._caveats()
            return
        for question, counts in zip(self._data["questions"], self._data["result"], strict=True):
            yield from (of_record(piece) | {"part": "asked"} for piece in pieces(question["question"]))
            yield self._table(("answer", "votes"), self._answers(question, counts), numbers=(1,))
        yield from self._caveats()
        if self._data["regional"]:
            yield spoken(self.say("regions"), kind="strong")
            for number in range(len(self._data["questions"])):
                yield self._cells(number)

    def _caveats(self) -> Iterable[Part]:
        if self._checked.report.to_say:
            yield spoken(self.say("caveats"), kind="strong")
            yield {
                "part": "list",
                "items": [spoken(one) for one in in_words(self._checked.report.to_say, self._language)],
            }

    def _answers(self, question: Mapping[str, Any], counts: Sequence[int]) -> Iterable[list[Part]]:
        for answer, votes in zip(question["answers"], counts, strict=True):
            yield [self._answer(answer), spoken(self._language.number(votes))]

    def _answer(self, answer: str) -> Part:
        return spoken(self.say("blank")) if answer == BLANK else of_record(answer)

    def _cells(self, number: int) -> Part:
        """The counts of one question by region."""
        answers = [self._answer(answer)["text"] for answer in self._data["questions"][number]["answers"]]
        rows = []
        for cell in self._data["regional"]:
            names = " + ".join(name or self.say("no_region") for name in cell["regions"])
            more = [spoken(self.say("all_same"))] if cell["unanimous"] else []
            votes = (spoken(self._language.number(count)) for count in cell["counts"][number])
            rows.append([of_record(names) | {"more": more}, *votes])
        heads = [self.say("region"), *answers]
        return {
            "part": "table",
            "heads": heads,
            "rows": rows,
            "numbers": list(range(1, len(heads))),
            "wide": [0],
        }

    def outcome(self) -> Iterable[Part]:
        outcomes, words = self._checked.outcomes, self._language.words
        yield from self._no_outcome()
        if outcomes and self._data["verdict"] != Verdict.VERIFIED:
            known = self._checked.report.verdict is Verdict.VERIFIED
            yield spoken(self.say("outcome_if_countersigned" if known else "outcome_if_holds"), kind="strong")
        for number, found in sorted(outcomes.items()):
            question = self._data["questions"][number - 1]["question"]
            yield from (of_record(piece) | {"part": "asked"} for piece in pieces(question))
            yield from (spoken(line, kind="strong") for line in outcome_in_words(found, words))
            yield {"part": "list", "items": [spoken(line) for line in rule_in_words(found.rule, words)]}
            yield self._table(("condition", "status", "margin"), map(self._term, found.terms), wide=(0, 2))

    def _no_outcome(self) -> Iterable[Part]:
        """Why a question has no outcome, and which regions are left out of it."""
        outcomes, annulled = self._checked.outcomes, self._checked.annulled_regions
        why = [found["message"] for one in self._data["checks"] if one["id"] == OUTCOME for found in one["findings"]]
        if self._data["verdict"] == Verdict.FALSE:
            yield spoken(self.verdict())
            return
        if annulled:
            yield spoken(self.say("void_regions", names=self._comma.join(map(apart, annulled))), kind="strong")
        if why and len(outcomes) < len(self._data["questions"]):
            yield spoken(self.say("outcome_unknown"))
            yield {"part": "list", "items": [verbatim(message) for message in why[:MOST_SHOWN]]}
        elif not outcomes:
            yield spoken(self.say("no_outcome"))

    def _term(self, term: Term) -> list[Part]:
        words = self._language.words
        return [
            spoken(term_in_words(term, words)),
            spoken(words.truths[term.truth]),
            spoken(margin_in_words(term, words) or "–"),
        ]

    # ── which record ────────────────────────────────────────────────────────────────────────────────────────────

    def identity(self) -> Iterable[Part]:
        data, both = self._data, self._language.phrases
        election, charter, log = data["election"], data["charter"], data["log"]
        rows = [(self.say("kind"), spoken(self.rehearsal or self.say("real")))] if charter else []
        if election:
            rows += [
                (self.say("uuid"), verbatim(election["uuid"])),
                (self.say("group"), verbatim(election["group"])),
            ]
        rows += [(both["both.charter_fingerprint"], verbatim(charter["fingerprint"] if charter else ""))]
        rows += [(both["both.election_fingerprint"], verbatim(election.get("fingerprint", "")))]
        rows += [(self.say("head"), verbatim(data["record"]["head"]))]
        if log is None:
            rows += [(self.say("file"), verbatim(data["record"]["file"]))]
        else:
            rows += [
                (self.say("log"), verbatim(log["origin"])),
                (self.say("log_key"), verbatim(log["key"])),
                (self.say("size"), spoken(self._language.number(log["size"]))),
                (self.say("root"), verbatim(log["root"])),
            ]
        if moment := moment_of(self._checked):
            by_quorum = "countersigned" if countersigned_at(self._checked) else "earliest"
            label = "made" if log is None else by_quorum
            rows += [(self.say(label), spoken(self._language.time(UnixSeconds(moment))))]
        none = spoken(self.say("none"))
        yield {"part": "pairs", "rows": [[spoken(label), value if value["text"] else none] for label, value in rows]}

    def observers(self) -> Iterable[Part]:
        if self._data["log"] is None:
            yield spoken(self.say("no_board"))
            return
        yield self._table(
            ("policy", "have", "need", "policy_state"),
            (
                [
                    spoken(self.say(f"policy_{one['policy']}")),
                    spoken(self.say("of", have=one["have"], all=one["of"])),
                    spoken(self._language.number(one["need"])),
                    spoken(self.say(f"policy_{state_of(one)}"), kind=state_of(one)),
                ]
                for one in self._data["observers"]
            ),
        )
        cosigned = {name: at for one in self._data["observers"] for name, at in one["cosigned"].items()}
        yield spoken(self.say("cosigners"), kind="strong")
        yield {
            "part": "list",
            "items": [verbatim(f"{name}   {at}") for name, at in sorted(cosigned.items())] or [self._none()],
        }
        yield spoken(self.say("policy_text"), kind="strong")
        yield from (
            {"part": "lines", "lines": policy_lines(one["text"])} for one in self._data["observers"] if one["needed"]
        )

    # ── checks ──────────────────────────────────────────────────────────────────────────────────────────────────

    def checks(self) -> Iterable[Part]:
        titles = titles_of(self._language, (one["id"] for one in self._data["checks"]))
        yield self._table(
            ("check", "what", "status"),
            (
                [
                    verbatim(one["id"]),
                    spoken(titles[one["id"]]) | {"more": list(self._more(one))},
                    spoken(self._outcome(one), kind=one["status"].replace(" ", "-")),
                ]
                for one in self._data["checks"]
            ),
            wide=(1,),
        )

    def _outcome(self, one: Mapping[str, Any]) -> str:
        said = self.say(one["status"].replace(" ", "_"))
        examined = one["status"] == Status.PASSED and one["examined"] > 1
        if not examined:
            return said
        return (
            f"{said}{'؛' if self._language.direction == 'rtl' else ';'} {self.say('examined', count=one['examined'])}"
        )

    def _more(self, one: Mapping[str, Any]) -> Iterable[Part]:
        """What goes with a check, in the program's own words."""
        if one["reason"]:
            yield verbatim(one["reason"])
        for found in (*one["failures"], *one["findings"])[:MOST_SHOWN]:
            culprit = f"{found['culprit']}: " if found["culprit"] else ""
            yield verbatim(f"{culprit}{found['message']}" + (f" [{found['at']}]" if found["at"] else ""))
        yield from self._rest(len(one["failures"]) + len(one["findings"]))

    def _rest(self, count: int) -> Iterable[Part]:
        if count > MOST_SHOWN:
            yield spoken(self.say("more", count=count - MOST_SHOWN))

    def without_effect(self) -> Iterable[Part]:
        excluded = self._data["without_effect"]
        if self._data["log"] is None:
            yield spoken(self.say("no_log"))
            return
        if not excluded:
            yield spoken(self.say("no_without_effect"))
            return
        yield spoken(self.say("without_effect_lead", count=len(excluded)))
        yield self._table(
            ("entry", "entry_kind", "reason", "message"),
            (
                [
                    verbatim(str(one["index"])),
                    verbatim(one["kind"] or "–"),
                    verbatim(one["reason"]),
                    verbatim(one["message"]),
                ]
                for one in excluded[:MOST_SHOWN]
            ),
            wide=(3,),
        )
        yield from self._rest(len(excluded))

    # ── what can be known ───────────────────────────────────────────────────────────────────────────────────────

    def matrix(self) -> Iterable[Part]:
        yield spoken(self.say("matrix_lead"))
        for one in self._data["properties"]:
            rows = [[spoken(self.say("here")), spoken(self._here(one), kind=one["state"])]]
            rows += [[spoken(self.say(cell)), spoken(self._cell(one, cell))] for cell in _CELLS]
            yield {"part": "property", "title": self.say(one["name"]), "rows": rows}

    def _cell(self, one: Mapping[str, Any], cell: str) -> str:
        """What is said of a property: who belongs to which region is nothing that mathematics shows."""
        regional = cell == "trust" and set(REGIONAL) & {*one["passed"], *one["failed"], *one["missing"]}
        return self.say(f"{one['name']}_{cell}{'_regions' if regional else ''}")

    def _here(self, one: Mapping[str, Any]) -> str:
        shown = one["failed"] if one["state"] == "failed" else one["passed"]
        holes = {"checks": self._listed(shown), "missing": self._listed(one["missing"])}
        return self.say(f"here_{one['state']}", **holes)

    def _listed(self, checks: Sequence[str]) -> str:
        said = self.say(self._countersignatures())
        return self._comma.join(said if check == COUNTERSIGNATURES else code(check) for check in checks)

    def _countersignatures(self) -> str:
        if self._checked.board is None or self._checked.demanded:
            return COUNTERSIGNATURES
        return f"{COUNTERSIGNATURES}_none" + ("" if self._checked.own is None else "_yours")

    def unchecked(self) -> Iterable[Part]:
        yield {
            "part": "list",
            "items": [spoken(self.say(f"unchecked_{number}")) for number in range(1, _GENERAL + 1)],
        }
        missing = [one for one in self._data["checks"] if one["status"] in {Status.NOT_RUN, Status.UNSUPPORTED}]
        if missing:
            yield spoken(self.say("unchecked_checks"), kind="strong")
            titles = titles_of(self._language, (one["id"] for one in missing))
            yield self._table(
                ("check", "what"), ([verbatim(one["id"]), spoken(titles[one["id"]])] for one in missing), wide=(1,)
            )

    def tool(self) -> Iterable[Part]:
        data = self._data
        given = [spoken(self.say(f"given_{name}")) for name in data["given"]] or [spoken(self.say("given_nothing"))]
        yield self._pairs(
            (
                ("program", f"Psephos {data['program']['version']}"),
                ("source", data["program"]["source"]),
                ("ruleset", data["ruleset"]),
            ),
            exact=True,
        )
        yield spoken(self.say("given"), kind="strong")
        yield {"part": "list", "items": given}
        yield spoken(self.say("again" if data["log"] is None else "again_board"))

    # ── parts ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _none(self) -> Part:
        return spoken(self.say("none"))

    def _pairs(self, rows: Iterable[tuple[str, str]], *, exact: bool = False) -> Part:
        made = verbatim if exact else spoken
        return {"part": "pairs", "rows": [[spoken(self.say(label)), made(value)] for label, value in rows]}

    def _table(
        self,
        heads: Sequence[str],
        rows: Iterable[list[Part]],
        *,
        wide: Sequence[int] = (0,),
        numbers: Sequence[int] = (),
    ) -> Part:
        """A table.

        Args:
            heads: Phrases of its columns.
            rows: A cell for each column.
            wide: Which columns share the width that the others leave.
            numbers: Which columns are numbers.
        """
        return {
            "part": "table",
            "heads": [self.say(head) for head in heads],
            "rows": list(rows),
            "wide": list(wide),
            "numbers": list(numbers),
        }
