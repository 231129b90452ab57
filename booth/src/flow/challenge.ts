/**
 * A challenge: an encrypted ballot and what opens it, for another device to check (docs/reference/challenge.md).
 *
 * Who has the file knows the choice in it, and the public credential. The ballot was not signed and cannot be cast.
 */

import { utf8ToBytes } from "@noble/hashes/utils.js";
import { InvalidProofError, MalformedError, MismatchError } from "../errors.ts";
import { readCiphertext } from "../protocol/ballot.ts";
import type { EncryptedBallot } from "../protocol/casting.ts";
import { type Election, type Question, readElection } from "../protocol/election.ts";
import {
  type Json,
  readCount,
  readFields,
  readInteger,
  readJson,
  readList,
  sha256Base64,
  writeJson,
} from "../protocol/encoding.ts";

const FORMAT = "psephos/challenge/1";
const UTF8 = new TextDecoder();

/** What a challenge shows, when it holds. */
export interface Checked {
  readonly election: Election;
  /** To be compared with what the challenged device showed before. */
  readonly commitment: string;
  readonly credential: string;
  /** For each question the numbers of the answers in it, from 0; undefined for a blank vote in a box of its own. */
  readonly chosen: readonly (readonly number[] | undefined)[];
}

/** The challenge file of a ballot. */
export function writeChallenge(
  election: Uint8Array,
  ballot: EncryptedBallot,
  choices: readonly (readonly number[])[],
): Uint8Array {
  return writeJson({
    format: FORMAT,
    election: UTF8.decode(election),
    ballot: UTF8.decode(writeJson(ballot.fields)),
    choice: choices,
    randomness: ballot.opening.map((row) => row.map(String)),
  });
}

/**
 * Check that the ballot of a challenge holds the choice that it says.
 *
 * > alpha = g^r; beta = y^r g^m (specification §4.11.1), for every ciphertext.
 *
 * @throws {MalformedError} If it is not a challenge.
 * @throws {MismatchError} If the ballot is another election's.
 * @throws {InvalidProofError} If it holds another choice: the device that made it did not do what it was told.
 */
export function checkChallenge(received: Uint8Array): Checked {
  const fields = readFields(readJson(received, "challenge"), "", [
    "format",
    "election",
    "ballot",
    "choice",
    "randomness",
  ]);
  if (fields.text("format") !== FORMAT) {
    throw new MalformedError("not a challenge of this version", { at: "/format" });
  }
  const election = readElection(utf8ToBytes(fields.text("election")));
  const text = utf8ToBytes(fields.text("ballot"));
  const ballot = readFields(readJson(text, "ballot"), "/ballot", [
    "election_uuid",
    "election_hash",
    "credential",
    "answers",
  ]);
  if (ballot.text("election_uuid") !== election.uuid || ballot.text("election_hash") !== election.fingerprint) {
    throw new MismatchError("a ballot of another election", { at: "/ballot/election_hash" });
  }
  const count = election.questions.length;
  const answers = readList(ballot.value("answers"), "/ballot/answers", count);
  const choices = readList(fields.value("choice"), "/choice", count);
  const randomness = readList(fields.value("randomness"), "/randomness", count);
  const chosen = election.questions.map((question, index) =>
    checkAnswer({ election, question, at: `/${index}` }, answers[index], {
      choice: choices[index],
      r: randomness[index],
    }),
  );
  return { election, commitment: sha256Base64(text), credential: ballot.text("credential"), chosen };
}

function checkAnswer(
  { election, question, at }: { election: Election; question: Question; at: string },
  answer: Json | undefined,
  { choice, r }: { choice: Json | undefined; r: Json | undefined },
): readonly number[] | undefined {
  const { group, publicKey } = election;
  const names = ["choices", "individual_proofs", "overall_proof", ...(question.blank ? ["blank_proof"] : [])];
  const fields = readFields(answer ?? null, `/ballot/answers${at}`, names);
  const ciphertexts = readList(fields.value("choices"), fields.place("choices"), question.length);
  const bits = readList(choice ?? null, `/choice${at}`, question.length).map((bit) => readCount(bit, `/choice${at}`));
  const exponents = readList(r ?? null, `/randomness${at}`, question.length);
  for (const [index, bit] of bits.entries()) {
    const place = `${fields.place("choices")}/${index}`;
    const { alpha, beta } = readCiphertext(ciphertexts[index] ?? null, place, group.decode);
    const exponent = readInteger(exponents[index] ?? null, `/randomness${at}/${index}`, group.order);
    const message = group.generator.power(BigInt(bit));
    if (!alpha.equals(group.generator.power(exponent)) || !beta.equals(publicKey.power(exponent).times(message))) {
      throw new InvalidProofError("the ballot does not hold the choice that was opened", { at: place });
    }
  }
  return chosenIn(question, bits, `/choice${at}`);
}

function chosenIn(question: Question, bits: readonly number[], at: string): readonly number[] | undefined {
  const answers = bits.slice(question.blank ? 1 : 0);
  const blank = question.blank && bits[0] === 1;
  const count = answers.reduce((sum, bit) => sum + bit, 0);
  const allowed = blank ? count === 0 : question.min <= count && count <= question.max;
  if (!allowed || bits.some((bit) => bit > 1)) {
    throw new MalformedError("not a choice that the question allows", { at });
  }
  return blank ? undefined : answers.flatMap((bit, index) => (bit === 1 ? [index] : []));
}
