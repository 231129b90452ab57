"""An observer's mirror on the web: static files of known names, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from psephos.record.succession import SUCCESSION

_NOT_FOUND = 404
_CORS = {"Access-Control-Allow-Origin": "*"}
_FOREVER = _CORS | {"Cache-Control": "public, max-age=31536000, immutable"}
_BRIEFLY = _CORS | {"Cache-Control": "no-cache"}
_TEXT, _BYTES = "text/plain; charset=utf-8", "application/octet-stream"
_FILES = (
    (re.compile(rf"checkpoint(\.latest|\.verified)?|{SUCCESSION}"), _TEXT, _BRIEFLY),
    (re.compile(r"[0-9a-f]{64}/checkpoint"), _TEXT, _BRIEFLY),
    (re.compile(r"tile/(entries|[0-9]{1,2})(/x[0-9]{3}){0,6}/[0-9]{3}(\.p/[0-9]{1,3})?"), _BYTES, _FOREVER),
    (re.compile(r"blob/[0-9a-f]{64}"), _BYTES, _FOREVER),
    (re.compile(r"find/(0|[1-9][0-9]{0,14})/[0-9a-f]{2}"), _BYTES, _BRIEFLY),
    (re.compile(r"report/([0-9]{1,19}|list/[0-9a-f]{64})"), _TEXT, _FOREVER),
)


def create_app(folder: Path) -> Starlette:
    """The application.

    Args:
        folder: The mirror.
    """

    async def show(request: Request) -> Response:
        path = request.path_params["path"]
        for form, content_type, headers in _FILES:
            if form.fullmatch(path) and (folder / path).is_file():
                return FileResponse(folder / path, media_type=content_type, headers=headers)
        return Response(status_code=_NOT_FOUND, headers=_CORS)

    return Starlette(routes=[Route("/{path:path}", show, methods=["GET"])])
