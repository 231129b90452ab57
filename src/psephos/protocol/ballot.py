"""Ballots: the one form that they have, and how thousands are checked (specification §4.11 – §4.15).

Because Belenios hashes a ballot's bytes, a ballot of one election has exactly one text: the election's *form* with
its holes filled. We read ballots by matching that form in full, so everything else (another order of fields, blanks,
unknown fields, another shape, another election) is refused before any arithmetic.

Ballots come in chunks. A chunk is a set of columns, one row per ballot; no Python object exists per group element.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from psephos.errors import InvalidProofError, MalformedError, MismatchError, PsephosError
from psephos.protocol import transcript
from psephos.protocol.election import Election, Question
from psephos.protocol.encoding import read_raw, sha256_base64
from psephos.protocol.group import Elements, Scalars, Template, explain
from psephos.protocol.proofs import multiply_columns, verify_disjunction, verify_schnorr

Faults = dict[int, PsephosError]
"""What is wrong with which row."""

SIGNATURE = b',"signature":{"hash":"'


class AnswerColumns(msgspec.Struct, frozen=True):
    """Where the parts of one answer stand among a chunk's columns.

    Attributes:
        question: The question answered.
        ciphertexts: (alpha, beta) element columns of each choice.
        individual: For each choice, its two proofs as (challenge, response) scalar columns.
        overall: The overall proof's (challenge, response) scalar columns.
        blank: The blank proof's, where the question allows blank.
    """

    question: Question
    ciphertexts: tuple[tuple[int, int], ...]
    individual: tuple[tuple[tuple[int, int], ...], ...]
    overall: tuple[tuple[int, int], ...]
    blank: tuple[tuple[int, int], ...]


class _FormWriter:
    """Collects a form's literal text and holes, and remembers where each hole is in the JSON."""

    def __init__(self) -> None:
        self.parts: list[bytes] = [b""]
        self.holes: list[str] = []
        self.pointers: list[str] = []
        self.counts = {"element": 0, "scalar": 0, "digest": 0}

    def text(self, literal: str) -> None:
        self.parts[-1] += literal.encode()

    def hole(self, kind: str, pointer: str) -> int:
        """Add a hole in quotes; returns its number among the holes of its kind."""
        self.text('"')
        self.holes.append(kind)
        self.pointers.append(pointer)
        self.parts.append(b'"')
        self.counts[kind] += 1
        return self.counts[kind] - 1

    def each(self, count: int, write: Callable[[int], None]) -> None:
        """A JSON array of `count` items."""
        self.text("[")
        for number in range(count):
            self.text("," if number else "")
            write(number)
        self.text("]")

    def proof(self, pointer: str) -> tuple[int, int]:
        self.text('{"challenge":')
        challenge = self.hole("scalar", f"{pointer}/challenge")
        self.text(',"response":')
        response = self.hole("scalar", f"{pointer}/response")
        self.text("}")
        return challenge, response

    def proofs(self, count: int, pointer: str) -> tuple[tuple[int, int], ...]:
        found: list[tuple[int, int]] = []
        self.each(count, lambda number: found.append(self.proof(f"{pointer}/{number}")))
        return tuple(found)

    def answer(self, question: Question, pointer: str) -> AnswerColumns:
        """> answer_h = {choices, individual_proofs, overall_proof, ?blank_proof}  (§4.11)."""
        ciphertexts: list[tuple[int, int]] = []
        individual: list[tuple[tuple[int, int], ...]] = []

        def write_choice(number: int) -> None:
            self.text('{"alpha":')
            alpha = self.hole("element", f"{pointer}/choices/{number}/alpha")
            self.text(',"beta":')
            ciphertexts.append((alpha, self.hole("element", f"{pointer}/choices/{number}/beta")))
            self.text("}")

        self.text('{"choices":')
        self.each(question.size, write_choice)
        self.text(',"individual_proofs":')
        self.each(
            question.size,
            lambda number: individual.append(self.proofs(2, f"{pointer}/individual_proofs/{number}")),
        )
        self.text(',"overall_proof":')
        overall = self.proofs(question.alternatives, f"{pointer}/overall_proof")
        blank: tuple[tuple[int, int], ...] = ()
        if question.blank_allowed:
            self.text(',"blank_proof":')
            blank = self.proofs(2, f"{pointer}/blank_proof")
        self.text("}")
        return AnswerColumns(question, tuple(ciphertexts), tuple(individual), overall, blank)


class BallotForm:
    """The one text that ballots of an election have, with holes for what differs.

    Attributes:
        election: The election.
        answers: Where each answer's parts stand among the columns.
        credential_start: Offset of the public credential in every ballot.
    """

    def __init__(self, election: Election) -> None:
        self.election = election
        writer = _FormWriter()
        writer.text(f'{{"election_uuid":"{election.uuid}","election_hash":"{election.fingerprint}","credential":')
        self.credential_start = len(writer.parts[0]) + 1
        writer.hole("element", "/credential")
        writer.text(',"answers":')
        answers: list[AnswerColumns] = []
        writer.each(
            len(election.questions),
            lambda number: answers.append(writer.answer(election.questions[number], f"/answers/{number}")),
        )
        self.answers = tuple(answers)
        self._unsigned = Template(election.group, [*writer.parts[:-1], writer.parts[-1] + b"}"], writer.holes)
        writer.text(SIGNATURE.decode().removesuffix('"'))
        writer.hole("digest", "/signature/hash")
        writer.text(',"proof":')
        self.signature = writer.proof("/signature/proof")
        writer.text("}}")
        self._pointers = writer.pointers
        self._signed = Template(election.group, writer.parts, writer.holes)

    def read(self, texts: Sequence[bytes]) -> tuple[BallotChunk, Faults]:
        """Match ballots; decode every element with its membership check and every number.

        Args:
            texts: Received ballots.

        Returns:
            The ballots that have the form; and what is wrong with the others, by row of `texts`.
        """
        elements, scalars, mismatches = self._signed.read(texts)
        faults: Faults = {row: self._explain(texts[row], at, hole, reason) for row, at, hole, reason in mismatches}
        rows = [row for row in range(len(texts)) if row not in faults] if faults else list(range(len(texts)))
        return BallotChunk(self, rows, [texts[row] for row in rows], elements, scalars), faults

    def credential_of(self, text: bytes) -> str:
        """The public credential of a ballot that has the form."""
        return text[self.credential_start : text.index(b'"', self.credential_start)].decode()

    def write(self, elements: Sequence[Elements], scalars: Sequence[Scalars]) -> list[bytes]:
        """Ballots without signature."""
        return self._unsigned.write(elements, scalars, [])

    def _explain(self, text: bytes, offset: int, hole: int, reason: str) -> PsephosError:
        """Say why a text does not match: the slow way, for the few that do not."""
        if hole >= 0:
            return MalformedError(f"ballot: value {explain(reason)}", at=self._pointers[hole])
        try:
            raw = read_raw(text, what="ballot")
        except MalformedError as error:
            return error
        if not isinstance(raw, dict):
            return MalformedError("ballot: not a JSON object", at="")
        for field, ours in (("election_uuid", self.election.uuid), ("election_hash", self.election.fingerprint)):
            if field in raw and raw[field] != ours:
                return MismatchError("ballot: made for another election", at=f"/{field}")
        if "signature" not in raw:
            return MalformedError("ballot: it is not signed", at="/signature")
        return MalformedError(
            f"ballot: does not have the one form of this election's ballots from byte {offset} on", at=f"byte {offset}"
        )


class BallotChunk(msgspec.Struct, frozen=True):
    """Ballots that have the form, as columns.

    Attributes:
        form: Their election's form.
        rows: Their row numbers among the texts that were read.
        texts: Their received bytes.
        elements: The public credential, then alpha and beta of each choice of each question.
        scalars: Challenges and responses, in the order of the text.
    """

    form: BallotForm
    rows: list[int]
    texts: list[bytes]
    elements: list[Elements]
    scalars: list[Scalars]

    def select(self, places: Sequence[int]) -> BallotChunk:
        """Some of the ballots, by their place in the chunk."""
        return BallotChunk(
            self.form,
            [self.rows[place] for place in places],
            [self.texts[place] for place in places],
            [column.select(places) for column in self.elements],
            [column.select(places) for column in self.scalars],
        )

    def credentials(self) -> list[str]:
        """The public credential of each ballot."""
        return [self.form.credential_of(text) for text in self.texts]

    def ciphertexts(self) -> list[list[tuple[Elements, Elements]]]:
        """The encrypted choices, shape (questions, choices of that question) of columns."""
        return [
            [(self.elements[alpha], self.elements[beta]) for alpha, beta in answer.ciphertexts]
            for answer in self.form.answers
        ]

    def check_signatures(self) -> Faults:
        """Check hash and signature of each ballot (§4.14, §4.15).

        > challenge = Hsignature(hash, A) mod q, where A = g^response × credential^challenge
        """
        faults: Faults = {}
        prefixes = []
        for row, text in zip(self.rows, self.texts, strict=True):
            cut = text.rindex(SIGNATURE)
            ballot_hash = sha256_base64(text[:cut] + b"}")
            start = cut + len(SIGNATURE)
            if text[start : start + len(ballot_hash)] != ballot_hash.encode():
                faults[row] = MismatchError("ballot: its hash is not that of what is signed", at="/signature/hash")
            prefixes.append(transcript.ballot_signature(ballot_hash))
        challenge, response = self.form.signature
        failed = verify_schnorr(prefixes, self.elements[0], self.scalars[challenge], self.scalars[response])
        for place in failed:
            message = "ballot: the signature does not hold"
            faults.setdefault(self.rows[place], InvalidProofError(message, at="/signature/proof"))
        return faults

    def check_proofs(self) -> Faults:
        """Check every proof of every answer (§4.12, §4.13)."""
        fingerprint = self.form.election.fingerprint
        statements = [transcript.statement(fingerprint, credential) for credential in self.credentials()]
        faults: Faults = {}
        for number, answer in enumerate(self.form.answers):
            for place, pointer in self._failing_proofs(answer, statements):
                faults.setdefault(
                    self.rows[place],
                    InvalidProofError("ballot: a proof does not hold", at=f"/answers/{number}/{pointer}"),
                )
        return faults

    def _failing_proofs(self, answer: AnswerColumns, statements: list[str]) -> list[tuple[int, str]]:
        """(place in the chunk, part of the answer) for every proof of this answer that does not hold."""
        choices = [(self.elements[alpha], self.elements[beta]) for alpha, beta in answer.ciphertexts]
        failing: list[tuple[int, str]] = []

        def check(
            name: str,
            prefixes: list[bytes],
            listed: list[list[Elements]],
            alternatives: list[tuple[Elements, Elements, int]],
            proofs: tuple[tuple[int, int], ...],
        ) -> None:
            challenges = [self.scalars[challenge] for challenge, _ in proofs]
            responses = [self.scalars[response] for _, response in proofs]
            key = self.form.election.key
            rows = verify_disjunction(key, prefixes, listed, alternatives, challenges, responses)
            failing.extend((row, name) for row in rows)

        interval = [transcript.interval(statement) for statement in statements]
        for number, (alpha, beta) in enumerate(choices):
            alternatives = [(alpha, beta, 0), (alpha, beta, 1)]
            check(f"individual_proofs/{number}", interval, [[alpha, beta]], alternatives, answer.individual[number])
        prefixes = (interval, *blank_prefixes(answer.question, statements))
        for name, chosen, listed, alternatives, proofs in _whole_answer(answer, choices):
            check(name, prefixes[chosen], listed, alternatives, proofs)
        return failing


def gather(form: BallotForm, parts: Sequence[tuple[BallotChunk, int]]) -> BallotChunk:
    """Ballots of several chunks, by chunk and place, as one chunk: their elements, without their proofs' numbers."""
    starts: dict[int, int] = {}
    chunks: list[BallotChunk] = []
    for chunk, _ in parts:
        if id(chunk) not in starts:
            starts[id(chunk)] = sum(len(one.rows) for one in chunks)
            chunks.append(chunk)
    places = [starts[id(chunk)] + place for chunk, place in parts]
    elements: list[Elements] = []
    for columns in zip(*(chunk.elements for chunk in chunks), strict=True):
        joined = columns[0]
        for column in columns[1:]:
            joined = joined.concat(column)
        elements.append(joined.select(places))
    return BallotChunk(form, list(range(len(parts))), [chunk.texts[place] for chunk, place in parts], elements, [])


def blank_prefixes(question: Question, statements: list[str]) -> tuple[list[bytes], list[bytes]] | tuple[()]:
    """The prefixes of blank_proof and overall_proof, a row each; nothing where blank is not allowed (§4.13)."""
    if not question.blank_allowed:
        return ()
    return (
        [transcript.blank_or_nothing(statement) for statement in statements],
        [transcript.blank_or_in_range(statement) for statement in statements],
    )


_WholeAnswer = tuple[str, int, list[list[Elements]], list[tuple[Elements, Elements, int]], tuple[tuple[int, int], ...]]


def _whole_answer(answer: AnswerColumns, choices: list[tuple[Elements, Elements]]) -> list[_WholeAnswer]:
    """The proofs about an answer as a whole: name, which prefix, what the transcript lists, alternatives, columns.

    Without blank: M ∈ [min…max] (§4.11.1). With blank: m₀ = 0 ∨ mΣ = 0, and m₀ = 1 ∨ mΣ ∈ [min…max] (§4.13).
    """
    question = answer.question
    listed = [column for choice in choices for column in choice]
    counted = choices[1:] if question.blank_allowed else choices
    alpha = multiply_columns([one for one, _ in counted])
    beta = multiply_columns([other for _, other in counted])
    in_range = [(alpha, beta, value) for value in range(question.min, question.max + 1)]
    if not question.blank_allowed:
        return [("overall_proof", 0, [listed, [alpha, beta]], in_range, answer.overall)]
    blank_alpha, blank_beta = choices[0]
    return [
        ("blank_proof", 1, [listed], [(blank_alpha, blank_beta, 0), (alpha, beta, 0)], answer.blank),
        ("overall_proof", 2, [listed], [(blank_alpha, blank_beta, 1), *in_range], answer.overall),
    ]
