"""`psephos auditor lint` as an organiser and as anybody uses it."""

import json
from pathlib import Path

import pytest

from psephos.cli.main import run
from psephos.referendum.definition import fingerprint, read_definition
from tests.support.definitions import template


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A definition that has everything."""
    path = tmp_path / "referendum.toml"
    path.write_text(template())
    return path


def test_template_is_written_once_and_lacks_its_files(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A person begins with a commented file, which is never overwritten."""
    path = tmp_path / "referendum.toml"
    assert run(["auditor", "lint", "--template", str(path)]) == 0
    assert run(["auditor", "lint", str(path)]) == 1
    shown = capfd.readouterr().out
    assert "Q12 E  the text that is put to the vote is not attached [/legal/text] — refuses to publish" in shown
    assert "what to do: fill in [legal]" in shown
    path.write_text("mine")
    assert run(["auditor", "lint", "--template", str(path)]) == 1
    assert path.read_text() == "mine"


def test_definition_is_published_with_its_fingerprint(
    draft: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What is published is canonical, and can be linted by anybody."""
    published, page = tmp_path / "definition.json", tmp_path / "lint.md"
    assert run(["auditor", "lint", str(draft), "--publish", str(published), "--page", str(page)]) == 0
    shown = capfd.readouterr()
    assert fingerprint(published.read_bytes()) in shown.err
    assert "0 findings stand against publishing" in shown.out
    assert read_definition(published.read_bytes()).kind == "statutory"
    assert page.read_text().startswith("# What was checked before publication")
    assert run(["auditor", "lint", str(published)]) == 0


def test_definition_with_an_error_is_not_published(
    draft: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The first finding is named, and nothing is written."""
    draft.write_text(template().replace("[electorate]\n", "[electorate]\nweighted = true\n"))
    published = tmp_path / "definition.json"
    assert run(["auditor", "lint", str(draft), "--publish", str(published)]) == 1
    shown = capfd.readouterr().err
    assert "error[refused]: 1 findings stand against publishing; the first is V04" in shown
    assert not published.exists()


def test_findings_as_json(draft: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Programs get the same."""
    assert run(["auditor", "lint", str(draft), "--json"]) == 0
    data = json.loads(capfd.readouterr().out)
    assert data["against_publishing"] == 0
    assert {finding["rule"] for finding in data["findings"]} == {"Q03", "Q04", "Q05", "Q08", "Q09", "Q14"}


def test_file_that_is_no_definition_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A misspelt field is refused, not ignored."""
    path = tmp_path / "referendum.toml"
    path.write_text(template().replace("[electorate]", "[elektorate]"))
    assert run(["auditor", "lint", str(path)]) == 1
    assert "elektorate" in capfd.readouterr().err
    assert run(["auditor", "lint", str(tmp_path / "none.toml")]) == 3
    assert run(["auditor", "lint"]) == 2
