"""The verifier's report as files: JSON for programs, a page and a paper for people. The same report, the same bytes."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from psephos.result.caveats import titles_of
from psephos.result.language import Language
from psephos.result.report import Checked, Program, moment_of, report_data
from psephos.result.report_pages import report_document
from psephos.result.typesetting import typeset

JSON = "report.json"
_TEMPLATES = resources.files("psephos.result") / "templates"
_OF_PROGRAM = (".py", ".json", ".toml", ".typ", ".html", ".css")


def report_files(checked: Checked, languages: Sequence[Language], *, english: Language) -> dict[str, bytes]:
    """Every file of a report, by name.

    Args:
        checked: What was checked.
        languages: In which languages people read it.
        english: In which programs do.
    """
    data = report_data(checked, titles_of(english, checked.report.results))
    files = {JSON: json.dumps(data, ensure_ascii=False, indent=1).encode(errors="backslashreplace") + b"\n"}
    for language in languages:
        page = report_document(checked, data, language=language)
        files[f"report.{language.code}.html"] = _html(page)
        files[f"report.{language.code}.pdf"] = typeset("report", page, at=moment_of(checked), standard="ua-1")
    return files


def _html(page: Mapping[str, Any]) -> bytes:
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    return _template().render(page=page, style=Markup(style), policy=Markup(policy)).encode(errors="replace")  # noqa: S704 - our own files


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.from_string((_TEMPLATES / "report.html").read_text(encoding="utf-8"))


@cache
def this_program(version: str) -> Program:
    """This program, by the SHA-256 over the names and hashes of all its source files."""
    root = resources.files("psephos")
    lines = sorted(f"{sha256(content).hexdigest()}  {name}\n" for name, content in _sources(root, ""))
    return Program(version, sha256("".join(lines).encode()).hexdigest())


def _sources(folder: Any, path: str) -> Any:
    for one in folder.iterdir():
        if one.is_dir():
            yield from _sources(one, f"{path}{one.name}/")
        elif one.name.endswith(_OF_PROGRAM):
            yield path + one.name, one.read_bytes()
