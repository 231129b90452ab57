"""The result site: static pages that work from a disk, made from what was verified, the same bytes each time.

    index.html              languages
    en/ fa/ …               result, observers, check, data: one page each
    data/                   everything as JSON and CSV; the ballots' fingerprints
    SHA256SUMS              of all of these

A page may run its own style and, if it compares, its own program, which loads lists of ballots that lie beside it;
nothing else is loaded.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from psephos.protocol.encoding import sha256_hex
from psephos.result.facts import Facts
from psephos.result.language import Language
from psephos.result.site_data import data_files, sums
from psephos.result.site_lookup import ballot_files, known, prints
from psephos.result.site_views import data_view, observers_view, result_view
from psephos.result.stage import Standing, standing
from psephos.result.wording import apart, picked, plain

PAPER = "site"
"""The name of its words."""

_PAGES = (("result", "index.html"), ("observers", "observers.html"), ("check", "check.html"), ("data", "data.html"))
_PLACES = 100
"""Of a percent: as fine as a picture is drawn."""


def site_files(facts: Facts, languages: Sequence[Language], *, script: str, program: str) -> dict[str, bytes]:
    """Every file of the site, by its path.

    Args:
        facts: What was verified.
        languages: In which languages; the first is that of the tables.
        script: The program that compares, as it is built from the booth's sources; empty: a list to compare by eye.
        program: What made this, and its version.
    """
    stage = standing(facts)
    files = data_files(facts, stage, [language.words for language in languages])
    files |= ballot_files(facts.verified.ballots)
    templates = _templates()
    pages = _Pages(facts, stage, languages, script, program, files, templates, _style(templates))
    made = {f"{one.code}/{path}": pages.page(name, path, one) for one in languages for name, path in _PAGES}
    files |= made | {"index.html": pages.languages_page()}
    files["SHA256SUMS"] = sums(files, {path: sha256_hex(content) for path, content in files.items()})
    return files


@dataclass(frozen=True)
class _Pages:
    """Renders pages.

    Attributes:
        facts, stage, languages, script, program: See `site_files`.
        files: The files in `data/`.
        templates: Of this package.
        style: Likewise.
    """

    facts: Facts
    stage: Standing
    languages: Sequence[Language]
    script: str
    program: str
    files: Mapping[str, bytes]
    templates: Environment
    style: str

    def page(self, name: str, path: str, language: Language) -> bytes:
        """A page in a language."""
        facts = self.facts
        script = self.script if name == "check" else ""
        context: dict[str, Any] = {
            "language": language,
            "languages": self.languages,
            "page": name,
            "pages": _PAGES,
            "file": path,
            "policy": _policy(style=self.style, script=script),
            "style": Markup(self.style),  # noqa: S704 - a file of this package
            "titles": facts.titles,
            "plain_title": plain(picked(facts.titles, language.code)),
            "stage": self.stage.stage,
            "rehearsal": facts.rehearsal,
            "made_from": self._made_from(language),
            "made_when": self._made_when(language),
            "say": language.say,
            "text": lambda texts: _foreign(texts, language),
            "place": _place,
        }
        view = getattr(self, f"_{name}")
        return self.templates.get_template(f"{name}.html").render(context | view(language)).encode()

    def languages_page(self) -> bytes:
        """The page that leads to the languages."""
        first = self.languages[0]
        context = {
            "policy": _policy(style=self.style, script=""),
            "style": Markup(self.style),  # noqa: S704 - a file of this package
            "title": plain(picked(self.facts.titles, "")),
            "titles": [(code, plain(text)) for code, text in _spoken(self.facts.titles).items()],
            "languages": [
                {"code": one.code, "name": one.name, "direction": one.direction, "choose": one.say("site.result")}
                for one in self.languages
            ],
            "made_from": self._made_from(first),
        }
        return self.templates.get_template("languages.html").render(context).encode()

    def _result(self, language: Language) -> dict[str, Any]:
        return result_view(self.facts, self.stage, language)

    def _observers(self, language: Language) -> dict[str, Any]:
        return observers_view(self.facts, language)

    def _check(self, language: Language) -> dict[str, Any]:
        found = prints(self.facts, self.files, language)
        program = Markup(self.script)  # noqa: S704 - built from our sources; the policy names its hash
        return {"prints": found, "script": program, "known": known(self.facts, found, language)}

    def _data(self, language: Language) -> dict[str, Any]:
        return data_view(self.facts, self.files, language, program=self.program, compares=bool(self.script))

    def _made_from(self, language: Language) -> str:
        """The checkpoint, which stands on every page."""
        verified = self.facts.verified
        if verified.board is None:
            return language.say("site.foot_file", head=apart(verified.report.head))
        head, origin = verified.board.signed.head, verified.board.terms.origin
        return language.say("site.foot_board", origin=apart(origin), size=head.size, root=apart(self.facts.root))

    def _made_when(self, language: Language) -> str:
        signed = self.facts.signed_at
        if signed is None:
            return language.say("site.foot_undemanded" if self.facts.undemanded else "site.foot_not")
        return language.say("site.foot_time", time=language.time(signed))


def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("psephos.result"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _style(templates: Environment) -> str:
    assert templates.loader is not None
    return templates.loader.get_source(templates, "site.css")[0]


def _foreign(texts: Mapping[str, str], language: Language) -> Markup:
    """A text that others wrote: in the reader's language, or else in each in which there is one; none turns another."""
    shown = {language.code: texts[language.code]} if texts.get(language.code) else _spoken(texts)
    pieces = [Markup('<bdi lang="{}">{}</bdi>').format(code, plain(text)) for code, text in shown.items()]
    return Markup(" / ").join(pieces)


def _spoken(texts: Mapping[str, str]) -> Mapping[str, str]:
    """A text in all its languages; as it stands in the record, where those are not known."""
    return {code: text for code, text in texts.items() if code} or {"": texts.get("", "")}


def _place(share: Fraction) -> str:
    """A share of 1 as a coordinate, cut off."""
    whole, rest = divmod(int(share * 100 * _PLACES), _PLACES)
    return f"{whole}.{rest:02}%"


def _policy(*, style: str, script: str) -> str:
    """What a page may do: show this style; if it compares, run this program, which loads the ballots' fingerprints."""
    parts = ["default-src 'none'", f"style-src {_hash(style)}"]
    if script:
        parts += [f"script-src {_hash(script)} 'self'", "require-trusted-types-for 'script'", "trusted-types psephos"]
    return "; ".join([*parts, "img-src data:", "base-uri 'none'", "form-action 'none'"])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"
