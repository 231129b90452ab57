"""Write the pages of docs/reference/ that follow from the code, so that they cannot drift from it.

    python scripts/generate_docs.py            write them
    python scripts/generate_docs.py --check    write nothing; exit 1 if one would change

Sentences that the code does not hold (what to do about an error, what a phase means) stand here; a code, phase or
check without its sentence ends the program, so that none is forgotten.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import click
from definition_page import definition_page, lint_page, table

from psephos import errors
from psephos.cli.main import psephos, run
from psephos.cli.server import server
from psephos.cli.witness import witness
from psephos.errors import PsephosError
from psephos.record.phases import TRANSITIONS, Phase, allowed
from psephos.referendum.schema import (
    addendum_schema,
    definition_schema,
    figures_schema,
    irregularities_schema,
    rule_schema,
)
from psephos.verify import checks
from psephos.verify.checks import CHECKS

PROGRAMS: dict[str, click.Command] = {"psephos": psephos, "psephos-server": server, "psephos-witness": witness}
REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
WIDTH = 100

WHAT_TO_DO = {
    "error": "No command raises it as such: it stands for all the others.",
    "malformed": "Ask the maker of the file for it again. If it comes the same again, compare its SHA-256 with the "
    "maker's over another channel. If you made it yourself, the place in brackets says what to correct.",
    "rule": "Read the message: the file is well-formed, but the election's rules do not allow it. Only its maker can "
    "make another one.",
    "out-of-turn": "Nothing is broken. The message says what comes first or who is waited for; "
    "`psephos status` says it for a whole directory.",
    "invalid-proof": "Do not go on with this message. The party in square brackets made it, or somebody changed it on "
    "its way: ask that party for it again, and compare its SHA-256 over another channel.",
    "mismatch": "Do not go on. Find out which of the two things is right, over a channel that the organiser's files "
    "did not come through.",
    "refused": "The hint says who can change that, and how. Some refusals are final, such as a second, different "
    "answer of a trustee's key.",
    "board": "Keep the files as they are and show them to the other observers. No command of this release raises it.",
    "split-view": "Publish both signed views: together they prove that somebody signed two records. "
    "No command of this release raises it.",
    "quorum-not-met": "Wait for more observers, or ask those who are missing: the hint names them. "
    "Never lower what you ask for because somebody is in a hurry.",
    "unsupported": "Use a program that supports it. That Psephos cannot check something does not make it valid.",
    "unavailable": "Look at the path and its permissions; try again. Nothing was verified; no file is half-written.",
}

MEANING = {
    Phase.EMPTY: "There is no event yet.",
    Phase.OPEN: "The setup is there; ballots may follow.",
    Phase.CLOSED: "No ballot may follow; the sum has to be made.",
    Phase.TALLIED: "The encrypted sum is there; trustees decrypt it.",
    Phase.SHUFFLING: "Ballots are being shuffled. Psephos knows the order of these events and cannot check shuffles.",
    Phase.SHUFFLED: "Shuffling has ended; trustees decrypt.",
    Phase.DECRYPTING: "At least one trustee has decrypted; more may follow, then the result.",
    Phase.DONE: "The result is there; nothing may follow.",
}

NEEDS = {
    **dict.fromkeys(("V1", "V2", "V3", "V4", "V6", "V7", "V8"), "the record, from its setup on"),
    "V5": "the charter beside the record",
    **dict.fromkeys(("V9", "V10", "V11", "V12", "V13"), "a ballot"),
    "V14": "the encrypted tally",
    "V15": "a partial decryption",
    **dict.fromkeys(("V16", "V17"), "the result"),
    "V18": "the trustees' second proofs beside the record",
    "V19": "an earlier copy of the record",
    "V20": "a board whose charter counts regions, and the registrars' list on it",
    "V21": "the regional tally on the board",
    "V22": "a regional decryption on the board",
    "V23": "the regional result on the board",
    "V24": "a board whose charter names a definition, and the definition on it",
    **dict.fromkeys(("V25", "V26"), "the definition on the board"),
    "V27": "an addendum on the board",
    "V28": "the result, or an addendum that says that there is none",
}

IF_IT_FAILS = {
    "V1": "The file was damaged or changed after it was written. Get another copy, and compare fingerprints.",
    "V2": "Something was taken out, put in, exchanged or moved. Whoever keeps the record has to explain it.",
    "V3": "An event stands where it must not, such as a ballot after the end, or a second result.",
    "V4": "There is no election here that ballots could belong to.",
    "V5": "The question, the title, the text or the group is not what the charter says.",
    "V6": "The trustee that is named may not know the secret that belongs to its key, or its part was exchanged.",
    "V7": "Voters encrypted with a key that is not the trustees': whoever made it could read every vote.",
    "V8": "The list of those who may vote holds the same credential twice, or something that is none.",
    "V9": "The ballot box took in something that is no ballot of this election.",
    "V10": "The ballot box took in a ballot of somebody who is not on the list.",
    "V11": "The ballot was changed, or made without the voter's secret.",
    "V12": "The ballot may hold more than the voter's choice, such as three votes, or minus one.",
    "V13": "A ballot was put in again, perhaps so that an older choice counts instead of a newer one.",
    "V14": "A ballot was left out of the sum, counted twice, or made up.",
    "V15": "A mandatory trustee's decryption does not hold, a trustee decrypted twice, or somebody who is none did. "
    "An invalid decryption of a threshold trustee is a finding: it is named, and not used.",
    "V16": "The sum cannot be decrypted by those who took part: more trustees are needed.",
    "V17": "The published counts are not what the decrypted sums say.",
    "V18": "A trustee's factor or its second proof is not of this record. A trustee without one is a finding.",
    "V19": "The record was rewritten since the copy was made, or one of the two is not this vote's.",
    "V20": "Voters would be counted in other regions than the registrars put them in. A list that breaks a rule has no "
    "effect: it is a finding, and the vote does not open without one that holds.",
    "V21": "Sums that were not agreed on were handed in, perhaps to expose few voters. They have no effect, and no "
    "trustee's command decrypts them: it is a finding.",
    "V22": "The trustee that is named did not decrypt the cells with its key, or not all of them. Its answer has no "
    "effect: it is a finding.",
    "V23": "The published regional counts are not what the cells' sums say.",
    "V24": "It cannot fail: a definition that breaks the rule has no effect, and without the one that the charter "
    "names nothing is set up. Such an entry is a finding.",
    "V25": "Voters were asked something else than what the organisers signed, or under another rule, calendar or list "
    "of parties. The place says what differs. Nothing follows from the result.",
    "V26": "It cannot fail, since rules of good practice change and signed definitions do not. What the organisers "
    "have not answered is a finding, and is said beside the result.",
    "V27": "It cannot fail: an addendum that the definition does not allow has no effect. It is a finding, and is said "
    "beside the result.",
    "V28": "It cannot fail: the record holds, whatever its rule makes of it. If the rule decides nothing, or the "
    "definition's figures do not fit the verified ones, the question has no outcome: it is a finding, and is said "
    "beside the result. Where any other check failed, no question has an outcome.",
}


DEFAULT = "psephos.verify.audit"
ELSEWHERE = {
    "V20": "psephos.record.regional.RegionalRecord.check_list",
    "V21": "psephos.record.regional.RegionalRecord.check_tally",
    "V22": "psephos.record.regional.RegionalRecord.check_answer",
    "V23": "psephos.record.regional.RegionalRecord.check_result",
    "V24": "psephos.record.definition_entry.check_definition_entry",
    "V25": "psephos.referendum.definition_charter.check_agreement",
    "V26": "psephos.referendum.lint_page.lint",
    "V27": "psephos.referendum.addenda.apply",
    "V28": "psephos.referendum.outcome.decide",
}


def complete(sentences: Mapping[str, str], needed: Sequence[str], *, what: str) -> None:
    """Refuse to go on if something that the code has lacks its sentence here, or the other way round."""
    if set(sentences) != set(needed):
        sys.exit(f"scripts/generate_docs.py: {what}: {sorted(map(str, set(sentences) ^ set(needed)))}")


def page(title: str, source: str, lines: Iterator[str]) -> str:
    """A whole page, with the note that it is generated."""
    note = f"<!-- Generated by scripts/generate_docs.py from {source}. Do not edit: run `make docs`. -->"
    return "\n".join([note, f"# {title}", "", *lines]).rstrip() + "\n"


# ── checks ──────────────────────────────────────────────────────────────────────────────────────────────────────


def check_functions() -> dict[str, str]:
    """The function that carries out each check, by the number with which its docstring begins; not all have one."""
    found = {}
    for name, function in inspect.getmembers(checks, inspect.isfunction):
        match = re.match(r"(V\d+)[.:]", inspect.getdoc(function) or "")
        if match and function.__module__ == checks.__name__:
            found[match[1]] = name
    return found


def checks_page() -> Iterator[str]:
    """The numbered checks."""
    for sentences in (NEEDS, IF_IT_FAILS):
        complete(sentences, [check.id for check in CHECKS], what="a check without its sentence, or not a check")
    yield "This list is what `psephos verify` means by “verified”."
    yield "Every check that the record's stage allows is run, and every failure is reported."
    yield "[What is checked, and why](../explanation/what-is-checked-and-why.md) explains them in words;"
    yield "[how to verify](../how-to/auditor.md) explains the report and the exit codes."
    yield ""
    rows = [(f"[{check.id}](#{check.id.lower()})", check.title, NEEDS[check.id]) for check in CHECKS]
    yield from table(("check", "what must hold", "runs as soon as there is"), *rows)
    yield "A clause “spec §…” is of the Belenios specification, version 2.0, which Debian's `belenios-tool` installs;"
    yield "the differences up to release 3.3 are in the code."
    yield "The other clauses are [rules of this project](../../ARCHITECTURE.md#rules-that-the-code-cites)."
    yield ""
    functions = check_functions()
    for check in CHECKS:
        name = functions.get(check.id)
        yield f"## {check.id}"
        yield ""
        yield f"{check.title[0].upper()}{check.title[1:]}."
        yield ""
        yield f"- If it fails: {IF_IT_FAILS[check.id]}"
        yield f"- Clause: {check.clause}"
        yield f"- Code: `psephos.verify.checks.{name}`" if name else f"- Code: `{ELSEWHERE.get(check.id, DEFAULT)}`"
        yield ""


# ── commands ────────────────────────────────────────────────────────────────────────────────────────────────────


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    """A command and all below it, in the order in which help lists them."""
    yield command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from commands(
                    below, click.Context(below, info_name=name, parent=context, **below.context_settings)
                )


def top_of(program: click.Command, name: str) -> click.Context:
    """The context of a program, as wide as the page."""
    settings = {**program.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    return click.Context(program, info_name=name, **settings)


def commands_page() -> Iterator[str]:
    """Every command's help."""
    found = [one for name, program in PROGRAMS.items() for one in commands(program, top_of(program, name))]
    yield "Data goes to standard output, words for people to standard error."
    yield "Passphrases, credentials and choices are asked for, or read from files that only you can read (mode 600);"
    yield "they are never part of a command."
    yield "A command never overwrites a file of another content, and never leaves half a file."
    yield ""
    yield from table(
        ("exit code", "meaning"),
        ("0", "done, or verified"),
        ("1", "verified false, or refused"),
        ("2", "the command was used wrongly, or stopped by hand"),
        ("3", "could not verify, or could not reach a file"),
    )
    rows = [
        (
            f"[`{context.command_path}`](#{context.command_path.replace(' ', '-')})",
            command.get_short_help_str(2 * WIDTH),
        )
        for command, context in found
        if command is not psephos
    ]
    yield from table(("command", "what it does"), *rows)
    for command, context in found:
        yield f"## {context.command_path}"
        yield ""
        yield "```text"
        yield command.get_help(context)
        yield "```"
        yield ""


# ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────


def kinds() -> list[type[PsephosError]]:
    """All errors, each after the one that it belongs to."""
    return [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, PsephosError)]


def exit_code(kind: type[PsephosError]) -> int:
    """With which code a command ends that raises such an error: asked of the command itself."""
    error = kind.__new__(kind)
    PsephosError.__init__(error, "")
    with patch.object(psephos, "main", side_effect=error), redirect_stderr(StringIO()):
        return run([])


def errors_page() -> Iterator[str]:
    """Every error code."""
    found = sorted(kinds(), key=lambda kind: inspect.getsourcelines(kind)[1])
    complete(WHAT_TO_DO, [kind.code for kind in found], what="an error without what to do, or not an error")
    yield "A command that ends with an error prints one line and, where it helps, a hint:"
    yield ""
    yield "```text"
    yield "error[invalid-proof]: what is wrong (at the place) [the party whose message it is]"
    yield "hint: what you can do next"
    yield "```"
    yield ""
    yield "The code in brackets is stable; the words may change."
    yield "A message never contains a secret."
    yield "[When something fails](../how-to/when-something-fails.md) goes through whole situations."
    yield ""
    rows = [(f"[`{kind.code}`](#{kind.code})", meaning(kind), str(exit_code(kind))) for kind in found]
    yield from table(("code", "meaning", "exit code"), *rows)
    for kind in found:
        base = kind.__bases__[0]
        yield f"## {kind.code}"
        yield ""
        yield meaning(kind)
        yield ""
        yield f"- Exit code: {exit_code(kind)}"
        if issubclass(base, PsephosError) and base is not PsephosError:
            yield f"- A kind of: [`{base.code}`](#{base.code})"
        yield f"- Class: `psephos.errors.{kind.__name__}`"
        yield ""
        yield f"**What to do.** {WHAT_TO_DO[kind.code]}"
        yield ""


def meaning(kind: type[PsephosError]) -> str:
    """The first sentence of an error's docstring."""
    return (inspect.getdoc(kind) or "").partition("\n")[0]


# ── phases ──────────────────────────────────────────────────────────────────────────────────────────────────────


def phases_page() -> Iterator[str]:
    """The order of events."""
    complete(MEANING, list(Phase), what="a phase without its meaning, or not a phase")
    yield "A record is a list of events, and this is the order in which they may come."
    yield "An event out of its turn fails check [V3](checks.md#v3); the table is data, in `psephos.record.phases`."
    yield ""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {Phase.EMPTY}"
    for (before, kind), after in TRANSITIONS.items():
        yield f"    {before} --> {after}: {kind}"
    yield f"    {Phase.DONE} --> [*]"
    yield "```"
    yield ""
    rows = [(f"`{phase}`", MEANING[phase], ", ".join(allowed(phase)) or "nothing") for phase in Phase]
    yield from table(("phase", "meaning", "events that may come"), *rows)
    moves = [(f"`{before}`", kind, f"`{after}`") for (before, kind), after in TRANSITIONS.items()]
    yield from table(("in phase", "event", "leads to"), *moves)


PAGES: dict[str, tuple[str, str, Callable[[], Iterator[str]]]] = {
    "checks.md": ("Checks", "psephos.verify.checks", checks_page),
    "commands.md": ("Commands", "the commands' own help", commands_page),
    "definition.md": ("The definition", "psephos.referendum.definition", definition_page),
    "errors.md": ("Errors", "psephos.errors", errors_page),
    "lint.md": ("What the linter checks", "psephos.referendum.lint_page", lint_page),
    "phases.md": ("Phases", "psephos.record.phases", phases_page),
}


SCHEMAS: dict[str, Callable[[], dict[str, object]]] = {
    "rule.schema.json": rule_schema,
    "addendum.schema.json": addendum_schema,
    "definition.schema.json": definition_schema,
    "figures.schema.json": figures_schema,
    "irregularities.schema.json": irregularities_schema,
}


def contents() -> Iterator[tuple[str, str]]:
    """Every generated file and what stands in it."""
    for name, (title, source, write) in PAGES.items():
        yield name, page(title, source, write())
    for name, make in SCHEMAS.items():
        yield name, json.dumps(make(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the files, or say which would change."""
    stale = 0
    for name, text in contents():
        path = REFERENCE / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if "--check" in arguments:
            sys.stderr.write(f"docs/reference/{name} is not up to date: run `make docs`\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            sys.stderr.write(f"wrote docs/reference/{name}\n")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
