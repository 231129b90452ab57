"""Connections on which an exchange ends in time, whatever the other side does.

The HTTP library limits each wait. A server that sends a byte now and then, in its headers or anywhere else, would hold
a client as long as it likes: here no wait is longer than what is left for the exchange that it belongs to. How long it
takes to look a name up is up to the system.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

_SLOWEST = 64 << 10
"""Bytes a second that a large exchange must have on average."""
_PIECE = 16 << 10


@dataclass(slots=True)
class _Exchange:
    """A request and its answer.

    Attributes:
        until: When it ends at the latest, by a clock that does not jump.
        bytes_left: For how many more bytes that are moved there is more time.
    """

    until: float
    bytes_left: int

    def left(self, most: float | None, late: type[httpcore.TimeoutException]) -> float:
        """Seconds for which a wait may last."""
        seconds = self.until - time.monotonic()
        if seconds <= 0:
            raise late("the exchange takes too long")
        return seconds if most is None else min(most, seconds)

    def moved(self, size: int) -> None:
        """So many bytes have come or gone."""
        counted = min(size, self.bytes_left)
        self.bytes_left -= counted
        self.until += counted / _SLOWEST


_exchange: ContextVar[_Exchange] = ContextVar("exchange")


@contextmanager
def exchange(seconds: float, *, largest: int) -> Iterator[None]:
    """Let what this thread does on connections of `transport` be one exchange, which ends in time.

    Args:
        seconds: For the whole of it, and one more for every 64 KiB that are moved.
        largest: For no more bytes than these is there more time.
    """
    token = _exchange.set(_Exchange(time.monotonic() + seconds, largest))
    try:
        yield
    finally:
        _exchange.reset(token)


class _Stream(httpcore.NetworkStream):
    """A connection."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come."""
        now = _exchange.get()
        data = self._stream.read(max_bytes, timeout=now.left(timeout, httpcore.ReadTimeout))
        now.moved(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send, piece by piece: each is a wait of its own."""
        now = _exchange.get()
        for start in range(0, len(buffer), _PIECE):
            piece = buffer[start : start + _PIECE]
            self._stream.write(piece, timeout=now.left(timeout, httpcore.WriteTimeout))
            now.moved(len(piece))

    def close(self) -> None:
        """Close it."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Shake hands, which is one wait."""
        left = _exchange.get().left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        """What the library asks of the socket."""
        return self._stream.get_extra_info(info)


class _Sockets(httpcore.SyncBackend):
    """Makes connections."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Try a host's addresses one after the other: a name may have hundreds that do not answer."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from None
        failure: Exception = httpcore.ConnectError("no address")
        for *_, address in found:
            left = _exchange.get().left(timeout, httpcore.ConnectTimeout)
            try:
                return _Stream(super().connect_tcp(str(address[0]), port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _Transport(httpx.HTTPTransport):
    """The HTTP library's, with connections of ours."""

    def __init__(self, limits: httpx.Limits) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False, limits=limits)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_Sockets(),
        )


def transport(limits: httpx.Limits) -> httpx.BaseTransport:
    """Connections for an HTTP client that uses them within `exchange` only."""
    return _Transport(limits)
