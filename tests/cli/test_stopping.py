"""A process that is told to end does, whatever it is at."""

import signal
import subprocess
import sys

_WAITS = """
import signal
from psephos.cli.stopping import Stop

for _ in range(3000):
    stop = Stop()
    signal.signal(signal.SIGALRM, lambda *_: stop.set())
    signal.setitimer(signal.ITIMER_REAL, 0.0001)
    while not stop.wait(0.00002):
        pass
"""


def test_signal_at_any_moment_of_a_wait_ends_it() -> None:
    """Also between two steps of the wait itself."""
    subprocess.run([sys.executable, "-c", _WAITS], check=True, timeout=120)


_LISTENS = """
from psephos.cli.stopping import Stop

stop = Stop()
stop.listen()
print(flush=True)
while True:
    stop.wait(1)
"""


def test_who_insists_ends_it_at_once() -> None:
    """The first signal lets what is under way finish; the second does not."""
    with subprocess.Popen([sys.executable, "-c", _LISTENS], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        while process.poll() is None:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == -signal.SIGTERM
