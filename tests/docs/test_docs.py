"""The documentation is true: generated pages, links, names of commands and codes, and the commands that it shows."""

from __future__ import annotations

import ast
import inspect
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest

from psephos import errors
from psephos.cli import main as cli
from psephos.errors import PsephosError, QuorumError, SplitViewError
from psephos.verify.checks import CHECKS
from tests.e2e.parties import free_port

ROOT = Path(__file__).parents[2]
GENERATOR = ROOT / "scripts" / "generate_docs.py"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "vectors" / "README.md"])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
LONGEST_FUNCTION, LONGEST_MODULE = 60, 400
PATIENCE = 1500
"""Seconds after which commands from the documentation hang; how long they take is not tested."""

_FENCE = re.compile(r"^( *)```[^\n]*\n.*?^\1```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"\bpsephos ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)")


def text_of(page: Path) -> str:
    """A page's text."""
    return page.read_text(encoding="utf-8")


def anchors_of(page: Path) -> set[str]:
    """What can stand after # in a link to a page: its headings, as code platforms turn them into anchors."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def blocks(text: str) -> str:
    """The ```sh blocks of a text, as one script."""
    found = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found
    return "set -euo pipefail\n" + "\n".join(found)


def section(page: Path, title: str) -> str:
    """A section of a page, up to the next of its level."""
    after = text_of(page).split(f"\n## {title}\n", 1)[1]
    return after.split("\n## ", 1)[0]


def run(script: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run a script as a reader would, in an empty directory, with the commands of this environment.

    Whatever it leaves running ends with it, however it ends.
    """
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NO_COLOR": "1"}
    process = subprocess.Popen(
        ["bash", "-c", script],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(script, process.returncode, out, err)


# ── generated pages ─────────────────────────────────────────────────────────────────────────────────────────────


def test_generated_pages_are_up_to_date() -> None:
    """docs/reference/ says what the code says; `make docs` writes it again."""
    done = subprocess.run([sys.executable, str(GENERATOR), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_check_has_a_heading_and_a_paragraph() -> None:
    """Every numbered check stands in the reference and in the explanation."""
    explained = text_of(ROOT / "docs" / "explanation" / "what-is-checked-and-why.md")
    ranges = re.findall(r"\bV(\d+) to V(\d+)\b", explained)
    named = {number for first, last in ranges for number in range(int(first), int(last) + 1)}
    named |= {int(number) for number in re.findall(r"\bV(\d+)\b", explained)}
    for check in CHECKS:
        assert check.id.lower() in anchors_of(ROOT / "docs" / "reference" / "checks.md")
        assert int(check.id[1:]) in named


def kinds() -> list[type[PsephosError]]:
    """All errors."""
    return [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, PsephosError)]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.code)
def test_error_ends_with_the_exit_code_that_its_page_says(
    kind: type[PsephosError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every code has a heading, and a command that raises it ends as the page says."""
    if kind is SplitViewError:
        error: PsephosError = SplitViewError("two views", ours=b"one", theirs=b"other")
    elif kind is QuorumError:
        error = QuorumError("too few", have=1, need=2)
    else:
        error = kind("something")

    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli.psephos, "main", fail)
    code = cli.run([])
    assert f"error[{kind.code}]" in capsys.readouterr().err
    assert code in {1, 3}
    said = section(ROOT / "docs" / "reference" / "errors.md", kind.code)
    assert f"- Exit code: {code}\n" in said


# ── links and names ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", NAMES)
def test_every_relative_link_resolves(name: str) -> None:
    """A link to a file of this repository leads to a file, and to a heading of it if it names one."""
    page = ROOT / name
    for link in _LINK.findall(_FENCE.sub("", text_of(page))):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name}: {link}"
        if anchor:
            assert anchor in anchors_of(target), f"{name}: {link}"


def missing_command(words: list[str]) -> str:
    """The part of a command line that names no command; empty if all of it does."""
    command: click.Command | None = cli.psephos
    for word in words:
        if not isinstance(command, click.Group):
            return ""
        context = click.Context(command)
        command = command.get_command(context, word)
        if command is None:
            return word
    return ""


def commands_in(text: str) -> Iterator[list[str]]:
    """What stands after `psephos` in code, up to the first thing that is no plain word."""
    code = [match[0] for match in _FENCE.finditer(text)]
    code += re.findall(r"`[^`\n]+`", _FENCE.sub("", text))
    for piece in code:
        for words in _COMMAND.findall(piece):
            yield words.split()


@pytest.mark.parametrize("name", NAMES)
def test_every_command_exists(name: str) -> None:
    """Wherever a page shows `psephos PARTY VERB`, there is such a command."""
    for words in commands_in(text_of(ROOT / name)):
        assert missing_command(words) == "", f"{name}: psephos {' '.join(words)}"


def test_commands_are_found_in_pages() -> None:
    """The test above looks at something."""
    assert ["organiser", "define", "organiser"] in list(commands_in(text_of(ROOT / "README.md")))
    assert missing_command(["organiser", "defin"]) == "defin"
    assert missing_command(["trustees"]) == "trustees"


def test_every_module_has_its_sentence() -> None:
    """ARCHITECTURE.md has one row for every module of the layers that it describes, and no other."""
    text = text_of(ROOT / "ARCHITECTURE.md").split("\n## Modules\n", 1)[1].split("\n## ", 1)[0]
    for layer in ("protocol", "board", "record", "referendum", "verify", "result", "roles", "adapters", "cli"):
        rows = text.split(f"\n`{layer}/`", 1)[1].split("\n`", 1)[0]
        named = re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in rows.splitlines() if "|" in row))
        modules = {path.stem for path in (ROOT / "src" / "psephos" / layer).glob("*.py")} - {"__init__"}
        assert sorted(named) == sorted(modules), layer


def test_no_function_and_no_module_is_too_long() -> None:
    """What CONTRIBUTING.md says of their size holds."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        text = text_of(path)
        assert text.count("\n") <= LONGEST_MODULE, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, f"{path}: {node.name}"


@pytest.mark.parametrize("name", NAMES)
def test_no_word_that_promises_too_much(name: str) -> None:
    """No page says that something is certified, or end-to-end verifiable."""
    assert not re.search(r"certified|end-to-end|military|unhackable", text_of(ROOT / name), re.IGNORECASE)


def test_components_end_with_what_they_are_trusted_for() -> None:
    """Every guide for a party says what that party is trusted for, and what not."""
    for party in ("organiser", "registrar", "trustee", "voter", "observer", "auditor"):
        headings = re.findall(r"^## (.+)$", text_of(ROOT / "docs" / "how-to" / f"{party}.md"), re.MULTILINE)
        assert "trusted for" in headings[-1].lower()


# ── what is shown works ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_readme_by_hand_works(tmp_path: Path) -> None:
    """The commands of the README's section “By hand”, typed one after the other, hold a referendum."""
    done = run(blocks(section(ROOT / "README.md", "By hand")), tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "VERIFIED — everything up to the phase “done”" in done.stdout
    assert re.search(r"Yes +3 +60\.0 %", done.stdout)
    assert "ballots: 5 taken, 0 known already, 0 refused" in done.stderr


def test_writing_a_rule_works(tmp_path: Path) -> None:
    """The commands of the guide, typed one after the other, print what it shows."""
    page = ROOT / "docs" / "how-to" / "write-a-rule.md"
    done = run(blocks(text_of(page)), tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    printed = {line.rstrip() for line in done.stdout.splitlines()}
    for block in re.findall(r"^```text\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            assert line == "…" or line in printed, line


@pytest.mark.slow
def test_tutorial_works(tmp_path: Path) -> None:
    """The tutorial's commands do what it says: a verified result, and a forged one that is refused."""
    page = ROOT / "docs" / "tutorials" / "first-referendum.md"
    done = run(blocks(text_of(page)), tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    verified, refused = done.stdout.split("VERIFIED — everything up to the phase “done”")
    assert re.search(r"^ballot \d of \d$", verified, re.MULTILINE)
    assert "VERIFIED FALSE — V1 failed\nexit code 1\n" in refused
    shown = re.findall(r"^```text\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL)
    printed = {line.rstrip() for line in done.stdout.splitlines()} | {
        line.rstrip() for line in done.stderr.splitlines()
    }
    for block in shown[1:]:
        for line in filter(None, map(str.rstrip, block.splitlines())):
            assert line == "…" or line in printed, line


@pytest.mark.slow
@pytest.mark.timeout(1600)
def test_tutorial_on_a_board_works(tmp_path: Path) -> None:
    """The tutorial's commands hold a referendum on a board; what it shows is printed."""
    page = ROOT / "docs" / "tutorials" / "referendum-on-a-board.md"
    script = blocks(text_of(page))
    for port in ("17370", "17380", "17390"):
        assert port in script
        script = script.replace(port, str(free_port()))
    done = run(script, tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    verified = "VERIFIED — everything up to the phase “done”"
    online, offline, _ = done.stdout.rsplit(verified, 2)
    assert len(re.findall(r"^ *Yes +2 +66\.7 %", online, re.MULTILINE)) >= 1
    assert re.search(r"^ *Yes +2 +66\.7 %", offline, re.MULTILINE)
    printed = {line.rstrip() for line in (done.stdout + done.stderr).splitlines()}
    for block in re.findall(r"^```text\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL):
        for line in filter(None, map(str.rstrip, block.splitlines())):
            beginning = line.partition("…")[0]
            assert any(said.startswith(beginning) for said in printed), line
