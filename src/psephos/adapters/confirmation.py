"""Whether a board may write: whether somebody has confirmed its head since it started, and nobody knows more.

What witnesses and observers show at their addresses, the log has signed: one that shows more keeps the board from
starting. What a witness answers to a request for cosignatures is a bare number. If that is larger than ours, the board
takes nothing until it is started again, and then only by its operator's decision to start alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from psephos.adapters.cosigning import Cosigning
from psephos.board.guard import Sighting, Standing
from psephos.board.log import Log
from psephos.errors import PsephosError, RefusedError


class Confirmation:
    """What has been heard about our head. Any thread."""

    def __init__(self, log: Log, cosigning: Cosigning, *, say: Callable[..., None]) -> None:
        """Begin without any.

        Args:
            log: Whose head.
            cosigning: Asks.
            say: Takes an event and its values.
        """
        self._log, self._cosigning, self._say = log, cosigning, say
        self._lock = threading.Lock()
        self.stands = False
        """Whether the board may write."""

    def begin(self, *, alone: bool) -> None:
        """Ask what others have seen of the log; if that confirms nothing, ask them to cosign the head that it has.

        The last head may have been signed just before the process died, so that nobody knows it yet.

        Args:
            alone: Whether the operator has decided to start alone: then a bare number keeps nobody from it.

        Raises:
            RefusedError: Somebody has seen more of the log than we have, or another history.
        """
        self.stands = self._log.consult(self._cosigning.sightings()) is Standing.CURRENT
        if self.stands:
            return
        said, ours = self._cosigning.ask(), self._log.signed.head.size
        claimed = [one for one in said if one.size is not None and one.size > ours]
        if not (alone and claimed):
            self.hear(said)
        for one in claimed if alone else ():
            self._say("alarm", kind="old-copy", name=one.observer, reason=f"says it has seen {one.size} entries")

    def hear(self, said: Sequence[Sighting]) -> bool:
        """Hear what witnesses have said. As long as nobody had confirmed our head, it decides whether we may write.

        Later it decides nothing: we have been here all the time, and one liar must not stop the vote.

        Returns:
            Whether our head stands confirmed.
        """
        with self._lock:
            if not self.stands and any(one.size is not None for one in said):
                self._judge(said)
            return self.stands

    def _judge(self, said: Sequence[Sighting]) -> None:
        try:
            standing = self._log.consult(said)
        except RefusedError as error:
            self._say("alarm", kind="old-copy", name=error.culprit, reason=error.message)
        except PsephosError as error:
            self._say("trouble", reason=error.message)
        else:
            if standing is Standing.CURRENT:
                ours = self._log.signed.head.size
                self._say("standing", confirmed="true", name=next(one.observer for one in said if one.size == ours))
                self.stands = True
