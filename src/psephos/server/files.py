"""The static files of a board, with what caches may do with them. Any other web server may serve the same folder."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from psephos.adapters.buckets import Buckets
from psephos.board.tiles import read_path
from psephos.errors import MalformedError
from psephos.record.succession import SUCCESSION
from psephos.server.problems import NOT_FOUND, problem

_FOR_EVER = "public, max-age=31536000, immutable"
_SECONDS = "public, max-age=1"
_SOME_SECONDS = "public, max-age=5"
_TEXT, _BYTES = "text/plain; charset=utf-8", "application/octet-stream"
_BLOB = re.compile("[0-9a-f]{64}")
_SEGMENT = re.compile("0|[1-9][0-9]{0,14}")
_PREFIX = re.compile("[0-9a-f]{2}")
_CHECKPOINTS = ("checkpoint", "checkpoint.latest", "checkpoint.verified", SUCCESSION)
"""What changes: the checkpoints, and where the observers' decisions about the log stand."""


class Files:
    """The read side of a board. No name reaches the disk that is not of one of these forms."""

    def __init__(self, public: Path, buckets: Buckets) -> None:
        self._public = public
        self._buckets = buckets

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            *(Route(f"/{name}", self.checkpoint, methods=["GET"]) for name in _CHECKPOINTS),
            Route("/tile/{path:path}", self.tile, methods=["GET"]),
            Route("/blob/{name}", self.blob, methods=["GET"]),
            Route("/find/{segment}/{prefix}", self.bucket, methods=["GET"]),
        ]

    async def checkpoint(self, request: Request) -> Response:
        """One of them."""
        name = next(name for name in _CHECKPOINTS if request.url.path.endswith(f"/{name}"))
        return await self._small(name, _TEXT, _SECONDS)

    async def tile(self, request: Request) -> Response:
        """A tile or a bundle; once there, it never changes."""
        path = f"tile/{request.path_params['path']}"
        try:
            read_path(path)
        except MalformedError:
            return _absent()
        return await self._small(path, _BYTES, _FOR_EVER)

    async def blob(self, request: Request) -> Response:
        """An object, which may be large."""
        name = request.path_params["name"]
        path = self._public / "blob" / name
        if _BLOB.fullmatch(name) is None or not await run_in_threadpool(path.is_file):
            return _absent()
        return FileResponse(path, headers={"Cache-Control": _FOR_EVER}, media_type=_BYTES)

    async def bucket(self, request: Request) -> Response:
        """A look-up bucket; those of a full segment never change."""
        segment, prefix = request.path_params["segment"], request.path_params["prefix"]
        if _SEGMENT.fullmatch(segment) is None or _PREFIX.fullmatch(prefix) is None:
            return _absent()
        final = int(segment) < self._buckets.full
        return await self._small(f"find/{segment}/{prefix}", _BYTES, _FOR_EVER if final else _SOME_SECONDS)

    async def _small(self, path: str, content_type: str, cache: str) -> Response:
        try:
            data = await run_in_threadpool((self._public / path).read_bytes)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return _absent()
        # As a header, and not as the media type, to which Starlette adds a character set.
        return Response(data, headers={"Content-Type": content_type, "Cache-Control": cache})


def _absent() -> Response:
    return problem(NOT_FOUND, "there is no such file", code="not-found", headers={"Cache-Control": "no-store"})
