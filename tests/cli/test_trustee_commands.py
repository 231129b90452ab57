"""`psephos trustee` and `psephos organiser ceremony`: files, modes, repetitions, races."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest

from psephos.adapters.files import write_new
from psephos.cli import trustee as commands
from psephos.cli import trustee_decrypt, trustee_home
from psephos.cli.organiser_ceremony import ceremony
from psephos.errors import MismatchError, OutOfTurnError, RefusedError
from psephos.protocol.encoding import read_json, write_json
from psephos.record.keyfile import Answer, Home
from psephos.record.regions import RegionMessage, RegionTerms
from tests.support.logged import board_terms
from tests.support.referendum import audit_of, finish, make_charter, vote
from tests.support.trustee_directories import World, invoke


def _quick_seal(content: bytes, secret: str) -> bytes:
    return b"sealed:" + sha256(secret.encode() + content).digest() + sha256(secret.encode()).digest() + content[::-1]


def _quick_open(content: bytes, secret: str, *, what: str) -> bytes:
    if content[39:71] != sha256(secret.encode()).digest():
        raise RefusedError(f"{what}: the passphrase does not open it", at=what)
    return content[71:][::-1]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sealing without scrypt, which takes seconds on purpose."""
    monkeypatch.setattr(commands, "seal_with_passphrase", _quick_seal)
    for module in (commands, trustee_home):
        monkeypatch.setattr(module, "open_with_passphrase", _quick_open)


@pytest.fixture
def held(tmp_path: Path, quick: None) -> World:
    """Two of three trustees have held their ceremony, the record is tallied."""
    del quick
    world = World(tmp_path, size=3, threshold=2)
    world.hold()
    world.set_up()
    return world


def files_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of a directory."""
    return ((path.name, path.read_bytes()) for path in sorted(folder.iterdir()))


def test_ceremony_to_decryption_by_files_gives_a_result_that_verifies(held: World) -> None:
    """Two of three trustees, each in a directory of its own, decrypt; the record verifies."""
    for index in (1, 3):
        held.accept(index)
        assert held.decrypt(index).exit_code == 0
    answers = {
        index: tuple((held.post / f"{kind}-{index}.json").read_bytes() for kind in ("decryption", "bound"))
        for index in (1, 3)
    }
    report = finish(held.charter.read_bytes(), (held.post / "record.bel").read_bytes(), answers)
    assert report.verdict == "verified"
    assert report.result == ((1, 2, 1),)


def test_secret_files_are_sealed_and_only_their_owners(held: World) -> None:
    """Seed and key are readable by nobody else, and nothing else in the directory is secret."""
    secret = {path.name for path in held.home(2).iterdir() if stat.S_IMODE(path.stat().st_mode) == 0o600}
    assert secret == {"trustee-2.seed.age", "trustee-2.key.age"}
    assert not list(held.post.glob("*.age"))
    held.home(2).joinpath("trustee-2.key.age").chmod(0o644)
    with pytest.raises(RefusedError, match="others may read"):
        held.accept(2)


def test_every_verb_run_again_writes_the_same_files(held: World) -> None:
    """After a kill, or by mistake: nothing changes, nothing fails."""
    held.accept(1)
    held.decrypt(1)
    before = [*files_of(held.home(1)), *files_of(held.post)]
    post, charter, home = held.post, held.charter, held.home(1)
    held.trustee("join", 1, charter, "--index", 1)
    held.trustee("share", 1, charter, post / "certificates.json")
    held.trustee("receive", 1, charter, post / "certificates.json", post / "input-1.json")
    held.accept(1)
    assert "kept" in held.decrypt(1).output
    assert [*files_of(home), *files_of(post)] == before


@pytest.mark.parametrize("lost", ["certificate-1.json", "polynomial-1.json", "output-1.json"])
def test_verb_killed_before_it_sent_goes_on(held: World, lost: str) -> None:
    """A kill after the secret was kept and before the message was written: the same secret, a message again."""
    sealed = (held.home(1) / "trustee-1.key.age").read_bytes()
    (held.home(1) / lost).unlink()
    out = held.root / "again"
    post, charter = held.post, held.charter
    if lost.startswith("certificate"):
        held.trustee("join", 1, charter, "--index", 1, out=out)
        first, second = (json.loads((folder / lost).read_bytes())["content"] for folder in (post, out))
        assert first["message"] == second["message"]
    elif lost.startswith("output"):
        held.trustee("receive", 1, charter, post / "certificates.json", post / "input-1.json", out=out)
        first, second = (json.loads((folder / lost).read_bytes())["content"] for folder in (post, out))
        assert first["public_key"] == second["public_key"]
    else:
        held.trustee("share", 1, charter, post / "certificates.json", out=out)
        assert (out / lost).exists()
    assert (held.home(1) / "trustee-1.key.age").read_bytes() == sealed


def test_join_in_another_trustees_directory_is_refused(held: World) -> None:
    """One directory for each trustee and referendum."""
    with pytest.raises(RefusedError, match="that of trustee 1") as raised:
        held.trustee("join", 1, held.charter, "--index", 2)
    assert "--home" in raised.value.hint


def test_verbs_outside_a_trustees_directory_are_refused(held: World) -> None:
    """The verbs after join need the directory that join made."""
    for verb, *arguments in (
        ("share", held.charter, held.post / "certificates.json"),
        ("accept", held.post / "setup.bel", held.charter),
        ("decrypt", held.post / "record.bel", held.charter),
    ):
        with pytest.raises(OutOfTurnError, match="not a trustee's directory"):
            held.trustee(str(verb), 9, *arguments)


@pytest.mark.usefixtures("quick")
def test_share_before_join_of_the_others_names_who_is_waited_for(tmp_path: Path) -> None:
    """The organiser cannot go on without a trustee, and says without whom."""
    world = World(tmp_path, size=3, threshold=2)
    world.join()
    (world.post / "certificate-2.json").unlink()
    with pytest.raises(OutOfTurnError, match=r"waiting for trustee 2 \(Trustee Birch\)"):
        world.desk("certificates", "certificate")


def test_wrong_passphrase_is_refused(held: World) -> None:
    """And the file is as before."""
    write_new(held.root / "other", b"another passphrase", secret=True)
    held.passphrase = held.root / "other"
    with pytest.raises(RefusedError, match="does not open"):
        held.accept(1)


def test_fingerprint_is_asked_before_it_is_shown(held: World) -> None:
    """Without --fingerprint the person is asked, and is not told what to type."""
    asked = held.trustee("accept", 1, held.post / "setup.bel", held.charter, typed=f"{held.setup}\n")
    assert asked.exit_code == 0
    assert held.setup not in asked.output.replace(f"Fingerprint: {held.setup}", "")
    with pytest.raises(MismatchError, match="fingerprint you were told"):
        held.trustee("decrypt", 1, held.post / "record.bel", held.charter, typed=f"{'0' * 64}\n")


def test_decrypt_of_a_record_that_does_not_verify_is_refused(held: World) -> None:
    """The whole record is verified first."""
    held.accept(1)
    record = bytearray((held.post / "record.bel").read_bytes())
    record[(held.post / "setup.bel").stat().st_size + 800] ^= 1
    (held.post / "broken.bel").write_bytes(record)
    with pytest.raises(RefusedError, match="does not verify"):
        held.decrypt(1, "broken.bel")
    assert not (held.home(1) / "answered.json").exists()


def test_decrypt_of_a_second_record_is_refused_for_ever(held: World) -> None:
    """Another record of the same election that verifies as well: refused, and the first answer is still there."""
    held.accept(1)
    held.decrypt(1)
    first = (held.home(1) / "answered.json").read_bytes()
    setup, record = vote(held.charter.read_bytes(), (held.post / "trustees.json").read_bytes(), (0, 1, 1, 2), counted=3)
    assert setup == (held.post / "setup.bel").read_bytes()
    (held.post / "second.bel").write_bytes(record)
    held.record = audit_of(record, held.charter.read_bytes()).report.head
    with pytest.raises(RefusedError, match="answered another request"):
        held.decrypt(1, "second.bel", out=held.root / "elsewhere")
    assert (held.home(1) / "answered.json").read_bytes() == first
    assert not (held.root / "elsewhere").exists()


@pytest.mark.usefixtures("quick")
def test_decrypt_of_fewer_ballots_than_the_minimum_is_refused(tmp_path: Path) -> None:
    """The charter's minimum holds."""
    world = World(tmp_path, size=1, threshold=1, minimum=5)
    world.hold()
    world.set_up()
    world.accept(1)
    with pytest.raises(RefusedError, match="4 ballots are counted"):
        world.decrypt(1)


def test_decrypt_whose_journal_another_process_wrote_first_sends_that_answer(tmp_path: Path) -> None:
    """Between reading the journal and creating it, another process answers: its answer is the one."""
    journal = tmp_path / "answered.json"
    asked: list[bytes | None] = []

    def answer(given: bytes | None) -> bytes:
        asked.append(given)
        if given is None:
            write_new(journal, b"the other's answer")
            return b"ours"
        return given

    assert trustee_decrypt.answer_once(journal, answer) == b"the other's answer"
    assert asked == [None, b"the other's answer"]


def test_decrypt_sends_nothing_before_the_journal_is_written(held: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the journal cannot be written, nothing leaves."""
    held.accept(1)

    def fail(path: Path, content: bytes, *, secret: bool = False) -> bool:
        del content, secret
        raise OSError(f"{path}: disk full")

    monkeypatch.setattr(trustee_decrypt, "write_new", fail)
    with pytest.raises(OSError, match="disk full"):
        held.decrypt(1)
    assert not (held.post / "decryption-1.json").exists()


# ── a restored key ──────────────────────────────────────────────────────────────────────────────────────────────


def restored(held: World) -> None:
    """Trustee 1 has lost its directory, and has a copy of its key file in a new one."""
    backup = (held.home(1) / "trustee-1.key.age").read_bytes()
    for path in held.home(1).iterdir():
        path.unlink()
    write_new(held.home(1) / "trustee-1.key.age", backup, secret=True)


def test_restored_key_does_not_answer_as_if_nothing_had_been(held: World) -> None:
    """A key file without its directory's mark is refused by every verb, with the way out."""
    restored(held)
    with pytest.raises(OutOfTurnError, match="not a trustee's directory"):
        held.decrypt(1)
    with pytest.raises(RefusedError, match="restored or moved") as raised:
        held.trustee("join", 1, held.charter, "--index", 1)
    assert "docs/how-to/trustee.md" in raised.value.hint


def test_restored_key_answers_only_after_a_question(held: World) -> None:
    """With --restored it goes on, and before it answers, the person says that nobody holds an answer of hers."""
    restored(held)
    held.trustee("join", 1, held.charter, "--index", 1, "--restored")
    mark = read_json((held.home(1) / "trustee-home.json").read_bytes(), Home, what="mark")
    assert mark.restored
    held.accept(1)
    with pytest.raises(RefusedError, match="not decrypted"):
        held.decrypt(1, typed="n\n")
    assert held.decrypt(1, typed="y\n").exit_code == 0
    again = held.decrypt(1)
    assert again.exit_code == 0
    assert "kept" in again.output


@pytest.mark.usefixtures("quick")
def test_restored_without_a_key_is_refused(tmp_path: Path) -> None:
    """There is nothing to restore in an empty directory."""
    world = World(tmp_path, size=3, threshold=2)
    with pytest.raises(OutOfTurnError, match="no restored key"):
        world.trustee("join", 1, world.charter, "--index", 1, "--restored")


# ── with age, in processes of their own ─────────────────────────────────────────────────────────────────────────


def process(*arguments: object) -> subprocess.Popen[bytes]:
    """Start `psephos` as a process of its own."""
    source = Path(commands.__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": str(source), "NO_COLOR": "1"}
    command = [sys.executable, "-c", "from psephos.cli.main import main; main()", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def test_backup_and_concurrent_decryptions_in_processes_of_their_own(tmp_path: Path) -> None:
    """With real age files: a backup proves itself, and two decryptions at a time give one answer."""
    world = World(tmp_path, size=1, threshold=1)
    world.hold()
    world.set_up()
    world.accept(1)
    key = world.home(1) / "trustee-1.key.age"
    assert key.read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt ")
    backup = tmp_path / "stick" / "backup.age"
    write_new(backup, key.read_bytes())
    proving = process(
        "trustee", "prove-backup", backup, world.post / "setup.bel", "--passphrase-file", world.passphrase
    )
    out, words = proving.communicate()
    assert proving.returncode == 0, words
    proof = json.loads(out)
    assert set(proof) == {"trustee", "challenge", "verification_key", "proof"}
    options = ["--fingerprint", world.record, "--home", world.home(1), "--passphrase-file", world.passphrase]
    arguments = ("trustee", "decrypt", world.post / "record.bel", world.charter, *options)
    running = [process(*arguments, "--out", tmp_path / name) for name in ("left", "right")]
    for one in running:
        _, words = one.communicate()
        assert one.returncode == 0, words
    assert [*files_of(tmp_path / "left")] == [*files_of(tmp_path / "right")]
    answered = read_json((world.home(1) / "answered.json").read_bytes(), Answer, what="journal")
    assert (tmp_path / "left" / "decryption-1.json").read_text() == answered.decryption
    assert (tmp_path / "left" / "bound-1.json").read_bytes() == write_json(answered.bound)


def test_refusals_end_with_exit_code_1_and_a_hint(tmp_path: Path) -> None:
    """Errors reach the terminal as words, without a traceback."""
    world = World(tmp_path, size=1, threshold=1)
    refused = process("trustee", "share", world.charter, world.charter, "--home", tmp_path / "nowhere")
    _, words = refused.communicate()
    assert refused.returncode == 1
    assert b"error[out-of-turn]" in words
    assert b"hint: " in words
    assert b"Traceback" not in words


@pytest.mark.parametrize("verb", ["join", "share", "receive", "accept", "prove-backup", "decrypt", "post"])
def test_verbs_have_help(verb: str) -> None:
    """Every verb says what it does and what it writes."""
    result = invoke(commands.trustee, verb, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
@pytest.mark.parametrize("verb", ["join", "receive"])
def test_verb_killed_at_any_write_goes_on_with_the_same_secret(
    held: World, monkeypatch: pytest.MonkeyPatch, verb: str, writes: int
) -> None:
    """Whatever was written when the power failed, the verb run again ends well, and no second secret exists."""
    post, charter = held.post, held.charter
    world = World(held.root / "second", size=3, threshold=2, charter=charter.read_bytes())
    arguments: tuple[object, ...] = (charter, "--index", 1)
    secret = "trustee-1.seed.age"
    if verb == "receive":
        for name in ("trustee-home.json", "trustee-1.seed.age"):
            write_new(world.home(1) / name, (held.home(1) / name).read_bytes(), secret=name.endswith(".age"))
        arguments = (charter, post / "certificates.json", post / "input-1.json")
        secret = "trustee-1.key.age"
    real, left = commands.write, [writes]

    def fail(path: Path, content: bytes, *, what: str, secret: bool = False) -> None:
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        real(path, content, what=what, secret=secret)

    with monkeypatch.context() as patched:
        for module in (commands, trustee_home):
            patched.setattr(module, "write", fail)
        with suppress(KeyboardInterrupt, SystemExit):
            world.trustee(verb, 1, *arguments)
    kept = (world.home(1) / secret).read_bytes() if (world.home(1) / secret).exists() else None
    assert kept is not None or not list(world.post.glob(f"*-{1}.json"))
    assert world.trustee(verb, 1, *arguments).exit_code == 0
    assert kept in {None, (world.home(1) / secret).read_bytes()}
    sent = "certificate-1.json" if verb == "join" else "output-1.json"
    assert (world.post / sent).read_bytes() == (world.home(1) / sent).read_bytes()


def test_guide_names_verbs_and_options_that_exist() -> None:
    """docs/how-to/trustee.md shows commands that can be typed."""
    guide = (Path(__file__).parents[2] / "docs" / "how-to" / "trustee.md").read_text()
    shown = re.findall(r"psephos trustee ([a-z-]+)((?: [^\n`]*)?)", guide)
    assert {verb for verb, _ in shown} == set(commands.trustee.commands)
    for verb, rest in shown:
        known = {option for parameter in commands.trustee.commands[verb].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, verb
    assert set(re.findall(r"psephos organiser ceremony ([a-z]+)", guide)) == set(ceremony.commands)


def test_trustee_is_told_of_how_few_ballots_it_will_decrypt_the_sum(held: World, tmp_path: Path) -> None:
    """Before it makes its key, and before it accepts: the numbers of the charter, and that two are few."""
    told = "you decrypt no sum of fewer than {} ballots (minimum_counted)"
    regions = RegionTerms(
        minimum_registered=100, minimum_counted=10, regions=(RegionMessage(id="North", registered=100),)
    )
    charter = make_charter(board=board_terms(), regions=regions, minimum_counted=12)
    large = World(tmp_path / "large", size=5, threshold=3, charter=charter)
    for said, number, few in (
        (held.accept(1).output, 2, True),
        (large.trustee("join", 1, large.charter, "--index", 1).output, 12, False),
    ):
        assert told.format(number) in said
        assert ("ask why before you go on" in said) is few
        assert ("one of fewer than 10 (regions, minimum_counted)" in said) is not few
        assert ("fewer than 100 voters (regions, minimum_registered)" in said) is not few
