"""Errors as RFC 9457 wants them over HTTP, with a stable code, a place, a culprit and a hint."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from starlette.responses import JSONResponse, Response

from psephos import errors
from psephos.board.storage import FatalError, NotNowError
from psephos.errors import PsephosError
from psephos.record.admission import AllowanceError

BAD_REQUEST, NOT_FOUND, TOO_SLOW, CONFLICT, TOO_LARGE = 400, 404, 408, 409, 413
BROKEN_RULE, TOO_MANY, FAULT, LATER = 422, 429, 500, 503
_RETRY_SECONDS = 5
_PLAIN = frozenset({"not-found", "not-allowed"})
"""Codes that say no more than their status does."""

_STATUSES: tuple[tuple[type[PsephosError], int], ...] = (
    (AllowanceError, TOO_MANY),
    (errors.OutOfTurnError, CONFLICT),
    (errors.RuleError, BROKEN_RULE),
    (errors.MalformedError, BAD_REQUEST),
    (errors.UnsupportedError, BAD_REQUEST),
    (errors.UnavailableError, LATER),
    (NotNowError, LATER),
    (FatalError, LATER),
    (errors.BoardError, BROKEN_RULE),
)
"""The first that fits."""

MEANINGS: dict[str, str] = {
    **{
        one.code: (one.__doc__ or "").partition("\n")[0]
        for one in (
            errors.MalformedError,
            errors.RuleError,
            errors.OutOfTurnError,
            errors.InvalidProofError,
            errors.MismatchError,
            errors.RefusedError,
            errors.BoardError,
            errors.SplitViewError,
            errors.QuorumError,
            errors.UnsupportedError,
            errors.UnavailableError,
            AllowanceError,
            NotNowError,
            FatalError,
        )
    },
    "not-found": "There is nothing at this address.",
    "not-allowed": "This address takes another method.",
    "too-large": "The body is larger than any request to this address.",
    "too-slow": "The body did not come in time.",
    "fault": "A fault of ours; it is in the server's log.",
}
"""What each code means: the page of `/errors/{code}`."""


def answer_error(error: PsephosError) -> Response:
    """The answer to whoever caused an error."""
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), BROKEN_RULE)
    retry_after = error.retry_after if isinstance(error, AllowanceError | NotNowError) else _RETRY_SECONDS
    return problem(
        status,
        error.message,
        code=error.code,
        at=error.at,
        culprit=error.culprit,
        hint=error.hint,
        retry_after=retry_after if status in {TOO_MANY, LATER} else 0,
    )


def problem(
    status: int,
    detail: str,
    *,
    code: str,
    at: str = "",
    culprit: str = "",
    hint: str = "",
    retry_after: int = 0,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """An answer in the form of RFC 9457.

    Args:
        status: HTTP status.
        detail: What is wrong.
        code: Stable name of the kind of error.
        at: Where; empty if there is no narrower place.
        culprit: Whose message it is; empty if that is not known.
        hint: What to do next.
        retry_after: Seconds after which asking again makes sense; 0 if it does not.
        headers: Further ones.
    """
    content: dict[str, Any] = {
        # Relative to the address that was asked, since a board need not know its own.
        "type": f"errors/{code}" if code not in _PLAIN else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "at": at,
        "culprit": culprit,
        "hint": hint,
    }
    more = dict(headers)
    if retry_after:
        content["retry_after"], more["Retry-After"] = retry_after, str(retry_after)
    return JSONResponse(content, status, more, media_type="application/problem+json")
