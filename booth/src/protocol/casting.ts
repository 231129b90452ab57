/**
 * Making a ballot, in two steps: encrypt, and then sign or open (specification §3.2, §4.11-4.15).
 *
 * Between the two the voter decides whether to cast. An encrypted ballot that was opened must not be signed:
 * that is for the caller to see to. Exponents are computed so that only powers of g and y are needed.
 */

import { RuleError } from "../errors.ts";
import { answerContext, product, voterContext } from "./ballot.ts";
import type { Credential } from "./credentials.ts";
import type { Election, Question } from "./election.ts";
import { type Json, sha256Base64, writeJson } from "./encoding.ts";
import { type Element, type Random, randomScalar, reduce } from "./group.ts";
import { type Ciphertext, proofJson, proveAlternatives, proveLogarithm } from "./proofs.ts";
import { ballotSignature, blank, blankOrInterval, interval } from "./transcript.ts";

/** A ballot without its signature. */
export interface EncryptedBallot {
  readonly fields: { readonly [name: string]: Json };
  /** What the voter is shown before she decides: the hash that the signature will sign. */
  readonly commitment: string;
  /** The randomness of every ciphertext. SECURITY: whoever has it knows the choice; for a challenge only. */
  readonly opening: readonly (readonly bigint[])[];
}

/** One question's encryption as its prover knows it. */
interface Encrypted {
  readonly plaintexts: readonly number[];
  readonly randomness: readonly bigint[];
  readonly choices: readonly Ciphertext[];
}

/**
 * Encrypt choices.
 *
 * @param credential - The public half: proofs are bound to it.
 * @param plaintexts - For each question 0 or 1 for each answer, after that for blank where blank is allowed.
 * @throws {RuleError} If a question does not allow this. The message does not contain the choice.
 */
export function encryptBallot(
  election: Election,
  credential: Element,
  { plaintexts, random }: { readonly plaintexts: readonly (readonly number[])[]; readonly random: Random },
): EncryptedBallot {
  if (plaintexts.length !== election.questions.length) {
    throw new RuleError("not as many choices as questions");
  }
  const voter = voterContext(election, credential);
  const opening: (readonly bigint[])[] = [];
  const answers = election.questions.map((question, index) => {
    const encrypted = encrypt(election, allowed(plaintexts[index] ?? [], question, index), random);
    opening.push(encrypted.randomness);
    return answerJson(election, question, encrypted, { voter, random });
  });
  const fields = {
    election_uuid: election.uuid,
    election_hash: election.fingerprint,
    credential: credential.text,
    answers,
  };
  return { fields, commitment: sha256Base64(writeJson(fields)), opening };
}

/**
 * Sign a ballot: the bytes to hand in.
 *
 * @throws {RuleError} If it was encrypted for another credential.
 */
export function signBallot(
  ballot: EncryptedBallot,
  { election, credential, random }: { election: Election; credential: Credential; random: Random },
): Uint8Array {
  if (ballot.fields["credential"] !== credential.public.text) {
    throw new RuleError("encrypted for another credential");
  }
  const { commitment: hash, fields } = ballot;
  const proof = proveLogarithm(election.group, credential.secret, ballotSignature(hash), random);
  return writeJson({ ...fields, signature: { hash, proof: proofJson(proof) } });
}

function allowed(plaintexts: readonly number[], question: Question, index: number): readonly number[] {
  const blankVote = question.blank && plaintexts[0] === 1;
  const chosen = plaintexts.slice(question.blank ? 1 : 0).reduce((sum, choice) => sum + choice, 0);
  const inRange = blankVote ? chosen === 0 : question.min <= chosen && chosen <= question.max;
  const bits = plaintexts.every((choice) => choice === 0 || choice === 1);
  if (plaintexts.length !== question.length || !bits || !inRange) {
    throw new RuleError("the question does not allow this choice", { at: `question ${index + 1}` });
  }
  return plaintexts;
}

/** > pick a random r; alpha = g^r; beta = y^r g^m (§4.11.1). */
function encrypt(election: Election, plaintexts: readonly number[], random: Random): Encrypted {
  const { group, publicKey } = election;
  const randomness = plaintexts.map(() => randomScalar(group, random));
  const choices = plaintexts.map((plaintext, index) => {
    const r = randomness[index] as bigint;
    const message = group.generator.secretPower(BigInt(plaintext));
    return { alpha: group.generator.secretPower(r), beta: publicKey.secretPower(r).times(message) };
  });
  return { plaintexts, randomness, choices };
}

interface Binding {
  readonly voter: string;
  readonly random: Random;
}

function answerJson(election: Election, question: Question, encrypted: Encrypted, { voter, random }: Binding): Json {
  const bases = { group: election.group, key: election.publicKey, random };
  const { plaintexts, randomness, choices } = encrypted;
  const individual = choices.map(({ alpha, beta }, index) => {
    const [plaintext, r] = [plaintexts[index] as number, randomness[index] as bigint];
    const alternatives = [0, 1].map((claimed) => ({ randomness: r, excess: BigInt(plaintext - claimed) }));
    return proveAlternatives(bases, alternatives, plaintext, interval(voter, alpha, beta)).map(proofJson);
  });
  return {
    choices: choices.map(({ alpha, beta }) => ({ alpha: alpha.text, beta: beta.text })),
    individual_proofs: individual,
    ...(question.blank
      ? blankProofs(election, question, encrypted, { voter, random })
      : { overall_proof: overallProof(election, question, encrypted, { voter, random }) }),
  };
}

/** > iprove(S, R, M − min, min, …, max), R the sum of the r and M the sum of the m (§4.11.1). */
function overallProof(election: Election, question: Question, encrypted: Encrypted, { voter, random }: Binding): Json {
  const bases = { group: election.group, key: election.publicKey, random };
  const sum = summed(election, encrypted, 0);
  const { alpha, beta } = product(encrypted.choices, election.group);
  const prefix = interval(answerContext(voter, encrypted.choices), alpha, beta);
  return proveAlternatives(bases, claims(question, sum), sum.plaintext - question.min, prefix).map(proofJson);
}

/** > blank_proof: m0 = 0 ∨ mΣ = 0; overall_proof: m0 = 1 ∨ mΣ ∈ [min … max] (§4.13). */
function blankProofs(
  election: Election,
  question: Question,
  encrypted: Encrypted,
  { voter, random }: Binding,
): { readonly overall_proof: Json; readonly blank_proof: Json } {
  const bases = { group: election.group, key: election.publicKey, random };
  const context = answerContext(voter, encrypted.choices);
  const [m0, r0] = [encrypted.plaintexts[0] as number, encrypted.randomness[0] as bigint];
  const sum = summed(election, encrypted, 1);
  const noBlankOrNothing = [
    { randomness: r0, excess: BigInt(m0) },
    { randomness: sum.randomness, excess: BigInt(sum.plaintext) },
  ];
  const blankOrEnough = [{ randomness: r0, excess: BigInt(m0 - 1) }, ...claims(question, sum)];
  const truth = m0 === 1 ? 0 : 1 + sum.plaintext - question.min;
  return {
    overall_proof: proveAlternatives(bases, blankOrEnough, truth, blankOrInterval(context)).map(proofJson),
    blank_proof: proveAlternatives(bases, noBlankOrNothing, m0, blank(context)).map(proofJson),
  };
}

interface Sum {
  readonly plaintext: number;
  readonly randomness: bigint;
}

function summed(election: Election, { plaintexts, randomness }: Encrypted, from: number): Sum {
  return {
    plaintext: plaintexts.slice(from).reduce((sum, plaintext) => sum + plaintext, 0),
    randomness: reduce(
      randomness.slice(from).reduce((sum, r) => sum + r, 0n),
      election.group,
    ),
  };
}

function claims(question: Question, { plaintext, randomness }: Sum): { randomness: bigint; excess: bigint }[] {
  const alternatives = [];
  for (let count = question.min; count <= question.max; count++) {
    alternatives.push({ randomness, excess: BigInt(plaintext - count) });
  }
  return alternatives;
}
