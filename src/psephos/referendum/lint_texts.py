"""Rules about the question, its languages, its legal basis, and what voters are told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from psephos.referendum.definition_texts import Document, Question, Texts
from psephos.referendum.lint import Context, LintRule, Problem, Severity
from psephos.referendum.moments import DAY, seconds

MOST_WORDS = 60
DAYS_OF_INFORMATION = 14
TRANSLATORS = 2
_MISSING = "0" * 64
_WORD = re.compile(r"[^\W\d_]+(?:[\u200c'’-][^\W\d_]+)*")
_QUESTION_MARKS = "?؟;？"
_LONG_WORD = 6


def _questions(context: Context) -> Iterator[tuple[str, Question]]:
    for place, question in enumerate(context.definition.questions):
        yield f"/questions/{place}", question


def _texts(context: Context) -> Iterator[tuple[str, str, str]]:
    """Place, language and text of every question in every language."""
    for at, question in _questions(context):
        for language, text in question.text.items():
            yield f"{at}/text/{language}", language, text


def _found(text: str, phrases: tuple[str, ...]) -> list[str]:
    """The phrases that stand in a text as words."""
    low = text.casefold()
    return [phrase for phrase in phrases if re.search(rf"(?<!\w){re.escape(phrase.casefold())}(?!\w)", low)]


def _times(text: str, phrases: tuple[str, ...]) -> int:
    low = text.casefold()
    return sum(len(re.findall(rf"(?<!\w){re.escape(phrase.casefold())}(?!\w)", low)) for phrase in phrases)


def there(document: Document | None) -> bool:
    """Whether a file is given: a digest of zeros stands for one that is missing."""
    return document is not None and document.sha256 != _MISSING


def _q01(context: Context) -> Iterator[Problem]:
    for at, question in _questions(context):
        sides = [answer.meaning for answer in question.answers if answer.meaning != "blank"]
        if question.form == "yes-no" and sorted(sides) != ["no", "yes"]:
            yield Problem(f"{at}/answers", f"a yes-no question has one yes and one no, and here are {sides}")
        if question.form == "options" and (set(sides) != {"option"} or len(sides) <= 1):
            yield Problem(f"{at}/answers", "a question with options has at least two, and neither yes nor no")


def _q02(context: Context) -> Iterator[Problem]:
    for at, question in _questions(context):
        blanks = [answer for answer in question.answers if answer.meaning == "blank"]
        if len(blanks) != 1:
            yield Problem(f"{at}/answers", f"there are {len(blanks)} blank answers, and there must be one")
        if question.blank != "apart":
            yield Problem(f"{at}/blank", "blank is counted with the invalid ones")


def _no_list(at: str, language: str, what: str) -> Problem:
    return Problem(at, f"there is no list of {what} for {language}: only people can judge this text")


def _q03(context: Context) -> Iterator[Problem]:
    for at, language, text in _texts(context):
        marks = sum(text.count(mark) for mark in _QUESTION_MARKS[:2])
        if marks != 1:
            yield Problem(at, f"{marks} question marks: one question has one")
        words = context.words.get(language)
        if words is None:
            yield _no_list(at, language, "words that join two proposals")
        elif found := _found(text, words.joints):
            yield Problem(at, f"“{found[0]}” may join two proposals that voters could want apart")


def _q04(context: Context) -> Iterator[Problem]:
    for at, language, text in _texts(context):
        words = context.words.get(language)
        if words is None:
            yield _no_list(at, language, "words that make a question hang on another one")
        elif found := _found(text, words.dependences):
            yield Problem(at, f"“{found[0]}” makes this question hang on another one")


def _q05(context: Context) -> Iterator[Problem]:
    for at, language, text in _texts(context):
        words = context.words.get(language)
        if words is None:
            yield _no_list(at, language, "loaded words")
            continue
        for phrase in _found(text, words.loaded):
            yield Problem(at, f"“{phrase}” praises or blames")
        for phrase in _found(text, words.promises):
            yield Problem(at, f"“{phrase}” promises a consequence")


def _q06(context: Context) -> Iterator[Problem]:
    for at, language, text in _texts(context):
        words = context.words.get(language)
        if words is None:
            yield _no_list(at, language, "negations")
        elif _times(text, words.negations) > 1:
            yield Problem(at, "two negations in one question")
    for at, question in _questions(context):
        if question.form == "yes-no" and question.yes_means is None:
            yield Problem(f"{at}/yes_means", "it is not said whether yes changes something")
        if question.yes_means == "status-quo" and not question.yes_explained.strip():
            yield Problem(f"{at}/yes_explained", "yes keeps things as they are, and voters are not told so")


def word_count(text: str) -> int:
    """How many words a text has."""
    return len(_WORD.findall(text))


def reading(text: str) -> Fraction:
    """LIX (Björnsson 1968): words in a sentence, and how many of a hundred words have more than six letters."""
    words = _WORD.findall(text)
    if not words:
        return Fraction(0)
    sentences = max(1, sum(text.count(mark) for mark in ".!:" + _QUESTION_MARKS))
    long = sum(len(word) > _LONG_WORD for word in words)
    return Fraction(len(words), sentences) + Fraction(100 * long, len(words))


def _q07(context: Context) -> Iterator[Problem]:
    for at, _, text in _texts(context):
        count = word_count(text)
        if count > MOST_WORDS:
            yield Problem(at, f"{count} words, and {MOST_WORDS} are the most; reading index LIX {int(reading(text))}")


def _q08(context: Context) -> Iterator[Problem]:
    for at, question in _questions(context):
        if len(set(question.wording)) != 1:
            yield Problem(
                f"{at}/wording", "either a text word by word, or a general principle: one of them, and it is said"
            )


def _q09(context: Context) -> Iterator[Problem]:
    for at, question in _questions(context):
        if len(set(question.levels)) != 1:
            yield Problem(f"{at}/levels", "one question is about one level of law, and says which")


def _q10(context: Context) -> Iterator[Problem]:
    definition = context.definition
    texts: list[tuple[str, Texts]] = [("/title", definition.title)]
    for at, question in _questions(context):
        texts += [(f"{at}/text", question.text), (f"{at}/explanation", question.explanation)]
        texts += [(f"{at}/answers/{place}/text", answer.text) for place, answer in enumerate(question.answers)]
    for at, text in texts:
        for language in definition.languages:
            if language not in text:
                yield Problem(at, f"it is missing in {language}")
        for language in text:
            if language not in definition.languages:
                yield Problem(f"{at}/{language}", f"{language} is no language of the vote")
    signed = {one.language: one for one in definition.translations}
    for language in definition.languages[1:]:
        one = signed.get(language)
        if one is None or len(set(one.translators)) < TRANSLATORS:
            yield Problem("/translations", f"{language}: two translators answer for it", drops=True)
        elif not there(one.back_translation):
            yield Problem("/translations", f"{language}: the back-translation is not attached", drops=True)


def _q11(context: Context) -> Iterator[Problem]:
    effect = context.definition.effect
    if effect is None or not effect.on.strip():
        yield Problem("/effect", "it is not said whether the result binds, and whom")


def _q12(context: Context) -> Iterator[Problem]:
    legal = context.definition.legal
    for name in ("basis", "authority"):
        if not getattr(legal, name).strip():
            yield Problem(f"/legal/{name}", "by what right the vote is held is not said")
    if not there(legal.text):
        yield Problem("/legal/text", "the text that is put to the vote is not attached")


def _q13(context: Context) -> Iterator[Problem]:
    opinion, published = context.definition.opinion, context.definition.calendar.published_at
    if opinion is None or not there(opinion.signature):
        yield Problem("/opinion", "no impartial body's signed opinion on the question's clarity is attached")
    elif published and seconds(opinion.given_at, at="/opinion/given_at") >= seconds(published, at=""):
        yield Problem("/opinion/given_at", "the opinion was given after publication")


def _nothing(_: Context) -> Iterator[Problem]:
    yield from ()


def _i01(context: Context) -> Iterator[Problem]:
    information, calendar = context.definition.information, context.definition.calendar
    given = {(one.side, one.language): one.document for one in information.texts if there(one.document)}
    for language in context.definition.languages:
        for side in ("yes", "no"):
            if (side, language) not in given:
                yield Problem("/information/texts", f"the side for {side} has no text in {language}")
    if not information.limit:
        yield Problem("/information/limit", "the size of the two sides' texts is not limited")
    for place, one in enumerate(information.texts):
        if information.limit and one.document.size > information.limit:
            yield Problem(
                f"/information/texts/{place}", f"{one.document.size} bytes, and {information.limit} are the most"
            )
    if information.delivered_at is None:
        yield Problem("/information/delivered_at", "it is not said when voters have the texts")
    elif calendar.opens_at:
        early = seconds(calendar.opens_at, at="") - seconds(information.delivered_at, at="")
        if early < DAYS_OF_INFORMATION * DAY:
            yield Problem(
                "/information/delivered_at",
                f"{early // DAY} days before the opening, and {DAYS_OF_INFORMATION} are needed",
            )


def _i02(context: Context) -> Iterator[Problem]:
    information = context.definition.information
    if not there(information.report) or not information.report_authors:
        yield Problem("/information/report", "there is no explanatory report, or its authors are not named")


def _i03(context: Context) -> Iterator[Problem]:
    for name, what in (("neutrality", "their neutrality"), ("funding", "who pays for the vote")):
        if not getattr(context.definition.information, name).strip():
            yield Problem(f"/information/{name}", f"the organisers do not declare {what}")


_E, _W, _H = Severity.ERROR, Severity.WARNING, Severity.HUMAN

TEXT_RULES = (
    LintRule(
        "Q01",
        _E,
        "the answers are yes, no and blank, or declared options",
        "VC-REF I.3.1.c; III.5.b",
        'give one answer with meaning "yes" and one with "no"; or form = "options"',
        _q01,
        firm=True,
    ),
    LintRule(
        "Q02",
        _E,
        "blank is an answer, counted apart from invalid ballots",
        "VC-REF I.3.1.c; REC5 13",
        'give one answer with meaning "blank", and blank = "apart"',
        _q02,
        firm=True,
    ),
    LintRule(
        "Q03",
        _W,
        "a question asks one thing",
        "VC-REF III.2",
        "ask one thing; make two questions of two",
        _q03,
        human=True,
    ),
    LintRule(
        "Q04",
        _W,
        "each question can be answered alone",
        "VC-REF III.2",
        "word each question so that it makes sense alone",
        _q04,
        human=True,
    ),
    LintRule(
        "Q05",
        _W,
        "no word praises, blames or promises",
        "VC-REF I.3.1.c",
        "use the plainest word; leave consequences to the explanation",
        _q05,
        human=True,
    ),
    LintRule(
        "Q06",
        _W,
        "no double negative; yes means change, or it is explained",
        "VC-REF I.3.1.c",
        'ask for the change, and say yes_means = "change"; or fill in yes_explained',
        _q06,
    ),
    LintRule(
        "Q07",
        _W,
        f"a question has at most {MOST_WORDS} words",
        "VC-REF I.3.1.c",
        "shorten it; details belong into the explanation",
        _q07,
        house=True,
    ),
    LintRule(
        "Q08",
        _W,
        "a text word by word, or a general principle, not both",
        "VC-REF III.2",
        "say in wording which of the two it is",
        _q08,
        human=True,
    ),
    LintRule(
        "Q09",
        _W,
        "one level of law",
        "VC-REF III.2 (¶41–44)",
        "say in levels which it is; ask one question for each level",
        _q09,
        human=True,
    ),
    LintRule(
        "Q10",
        _E,
        "every text is there in every language, and translators answer for it",
        "VC-REF I.3.1.e",
        "add what is missing; name two translators and attach the back-translation",
        _q10,
    ),
    LintRule(
        "Q11",
        _E,
        "the effect is declared, and on whom",
        "VC-REF I.3.1.c",
        'fill in [effect]: binding = "binding" or "consultative", and on whom',
        _q11,
    ),
    LintRule(
        "Q12",
        _E,
        "legal basis, authority and the text put to the vote are there",
        "VC-REF I.3.1.e; III.1",
        "fill in [legal]; sha256sum of the text",
        _q12,
    ),
    LintRule(
        "Q13",
        _E,
        "an impartial body's opinion on clarity, before publication",
        "VC-REF I.3.1.d; II.4.1",
        "ask a body that belongs to neither side; attach its signed opinion",
        _q13,
        urgent=True,
    ),
    LintRule(
        "Q14",
        _H,
        "the proposal violates no human right and no rule that binds every State",
        "VC-REF III.1",
        "two reviewers answer in [[reviews]]",
        _nothing,
    ),
    LintRule(
        "I01",
        _E,
        f"both sides' texts, equally long, {DAYS_OF_INFORMATION} days before the opening",
        "VC-REF I.3.1.e",
        "attach both sides' texts in every language, within one limit, in time",
        _i01,
        urgent=True,
        house=True,
    ),
    LintRule(
        "I02",
        _W,
        "an explanatory report whose authors are named",
        "VC-REF I.3.1.e",
        "attach a report and name its authors",
        _i02,
    ),
    LintRule(
        "I03",
        _E,
        "organisers declare neutrality and funding",
        "VC-REF I.3.1.a–b",
        "fill in neutrality and funding in [information]",
        _i03,
    ),
)
