"""What an observer says about a page that a server delivered."""

from __future__ import annotations

import pytest

from psephos.errors import RefusedError
from psephos.record.booth import BoothFile, booth_file, booth_of
from psephos.roles.observer_booth import Delivered, Kind, compare, files_at, is_answer, missing_headers

PAGE = (
    b'<!doctype html><head><link rel="icon" href="data:,"><link rel="stylesheet" href="booth.css" integrity="x"></head>'
    b'<body><script src="booth.js" integrity="x"></script></body>'
)
FILES = {
    "index.html": PAGE,
    "booth.js": b"vote()",
    "booth.css": b"p{}",
    "psephos-booth.html": b"<script>vote()</script>",
}
OLD = booth_of([booth_file("index.html", PAGE), booth_file("booth.js", b"old()")], number=1)
BOOTH = booth_of([booth_file(name, content) for name, content in FILES.items()], number=2)
TYPES = {"html": "text/html; charset=utf-8", "js": "text/javascript", "css": "text/css"}


def file_named(name: str) -> BoothFile:
    """A file of the publication in force."""
    (found,) = (file for file in BOOTH.files if file.name == name)
    return found


def delivered(name: str, body: bytes | None = None, **headers: str) -> Delivered:
    """A server's answer."""
    sent = {"content-type": TYPES[name.rpartition(".")[2]]} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return Delivered(200, tuple(sent.items()), FILES[name] if body is None else body)


def differences(name: str, body: bytes | None = None, **headers: str) -> list[tuple[Kind, str]]:
    """What is found."""
    found = compare(file_named(name), delivered(name, body, **headers), booths=[OLD, BOOTH])
    return [(one.kind, one.message) for one in found]


@pytest.mark.parametrize("name", FILES)
def test_signed_bytes_are_no_difference(name: str) -> None:
    """Every file, as it is to be served; with the headers that are asked for, or without."""
    wanted = {
        "content_security_policy": "frame-ancestors 'none'",
        "referrer_policy": "no-referrer",
        "x_content_type_options": "nosniff",
        "cache_control": "no-cache",
    }
    assert differences(name) == differences(name, **wanted) == []
    assert len(missing_headers(delivered(name))) == 3
    assert missing_headers(delivered(name, **wanted)) == []


def test_other_bytes_are_told_with_both_hashes() -> None:
    """One bit is enough."""
    ((kind, message),) = differences("booth.js", b"vote(]")
    assert kind is Kind.BYTES
    assert file_named("booth.js").digest in message
    assert "6 bytes" in message


def test_file_of_an_earlier_publication_is_named() -> None:
    """A server that was forgotten when the page was repaired."""
    ((_, message),) = differences("booth.js", b"old()")
    assert message == "the file of publication 1, whose place 2 has taken"


@pytest.mark.parametrize(
    ("inserted", "named"),
    [
        (b'<script src="https://tracker.example/a.js"></script>', "https://tracker.example/a.js"),
        (b'<script src="other.js"></script>', "other.js"),
        (b'<img src="//tracker.example/p.gif">', "//tracker.example/p.gif"),
        (b'<link rel="preconnect" href="https://tracker.example">', "https://tracker.example"),
        (b'<iframe srcdoc="x"></iframe>', "<iframe>"),
        (b'<base href="https://other.example/">', "<base>"),
        (b'<p onclick="leak()">', "onclick of <p>"),
        (b'<meta http-equiv="Refresh" content="0;url=https://other.example/">', "refresh 0;url=https://other.example/"),
    ],
)
def test_page_that_loads_or_runs_more_is_told_what(inserted: bytes, named: str) -> None:
    """Beside its other bytes: what it loads is what whoever looks at it wants to know."""
    found = differences("index.html", PAGE.replace(b"</body>", inserted + b"</body>"))
    assert found[0][0] is Kind.BYTES
    assert (Kind.SCRIPT, f"the page loads or runs {named!a}") in found


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("refresh", "0; url=https://other.example/"),
        ("link", "<https://tracker.example/a.css>; rel=stylesheet"),
        ("set_cookie", "voter=17"),
        ("nel", '{"report_to":"x"}'),
        ("report_to", "{}"),
        ("reporting_endpoints", 'x="https://tracker.example/"'),
        ("content_security_policy_report_only", "default-src 'none'; report-uri https://tracker.example/"),
        ("service_worker_allowed", "/"),
        ("content_security_policy", "frame-ancestors 'none'; report-uri https://tracker.example/"),
        ("referrer_policy", "unsafe-url"),
        ("content_type", "text/plain"),
    ],
)
def test_headers_that_give_the_page_other_powers_are_told(header: str, value: str) -> None:
    """The bytes are right, and the browser would do more than they say."""
    ((kind, message),) = differences("index.html", **{header: value})
    assert kind is Kind.HEADER
    assert message.startswith(header.replace("_", "-"))


def test_redirection_is_told_with_its_target() -> None:
    """Whatever is there: the voter's address is another than the one in her letter."""
    answer = Delivered(302, (("location", "https://other.example/"),), b"")
    (found,) = compare(file_named("index.html"), answer, booths=[BOOTH])
    assert (found.kind, "other.example" in found.message) == (Kind.REDIRECT, True)
    assert is_answer(file_named("index.html"), answer)


@pytest.mark.parametrize("status", [404, 403, 503])
def test_page_with_an_error_is_compared_and_its_status_told(status: int) -> None:
    """Browsers show and run what comes with an error; without a body, and of other files, nothing is used."""
    page = file_named("index.html")
    for body, told in ((PAGE, [Kind.STATUS]), (PAGE + b"<p>", [Kind.STATUS, Kind.BYTES])):
        answer = Delivered(status, (("content-type", "text/html"),), body)
        assert is_answer(page, answer)
        assert [one.kind for one in compare(page, answer, booths=[BOOTH])] == told
    assert not is_answer(page, Delivered(status, (), b""))
    assert not is_answer(file_named("booth.js"), Delivered(status, (), b"leak()"))


def test_folder_is_every_file_but_the_one_file_edition_which_has_its_own_address() -> None:
    """The folder's page is fetched under the folder's address, as voters open it."""
    at = [(address, file.name) for address, file in files_at("https://a.example/vote/", BOOTH)]
    assert at == [
        ("https://a.example/vote/booth.css", "booth.css"),
        ("https://a.example/vote/booth.js", "booth.js"),
        ("https://a.example/vote/", "index.html"),
    ]
    single = "https://b.example/psephos-booth.html"
    assert [(address, file.name) for address, file in files_at(single, BOOTH)] == [(single, "psephos-booth.html")]


@pytest.mark.parametrize("address", ["https://a.example/vote", "https://a.example/other.html"])
def test_address_of_nothing_that_was_published_is_refused(address: str) -> None:
    """A forgotten slash must not look like a wrong page."""
    with pytest.raises(RefusedError, match="neither a folder nor a file"):
        files_at(address, BOOTH)


def test_folder_without_a_published_page_is_refused() -> None:
    """Only the edition in one file was published."""
    single = booth_of([booth_file("psephos-booth.html", b"<p>")], number=1)
    with pytest.raises(RefusedError, match="have published no"):
        files_at("https://a.example/", single)
