/** Ballots: their one form, and what must hold of them (specification §4.11-4.15). */

import { InvalidProofError, MalformedError, MismatchError } from "../errors.ts";
import type { Election, Question } from "./election.ts";
import { type Json, readBase64Hash, readFields, readJson, readList, sha256Base64, writeJson } from "./encoding.ts";
import type { Element, Group } from "./group.ts";
import { alternativesHold, type Ciphertext, logarithmHolds, type Proof, readProof, readProofs } from "./proofs.ts";
import { ballotSignature, blank, blankOrInterval, interval } from "./transcript.ts";

/** > answer_h = {choices, individual_proofs, overall_proof, ?blank_proof} (§4.11). */
export interface Answer {
  readonly choices: readonly Ciphertext[];
  readonly individualProofs: readonly (readonly Proof[])[];
  readonly overallProof: readonly Proof[];
  /** There if and only if the question allows a blank vote. */
  readonly blankProof: readonly Proof[] | undefined;
}

/** A ballot of a certain election, as it was received. */
export interface Ballot {
  readonly credential: Element;
  readonly answers: readonly Answer[];
  readonly signature: { readonly hash: string; readonly proof: Proof };
  /** > the hash of the surrounding ballot (without the signature field) (§4.14). */
  readonly hash: string;
}

/**
 * Read a ballot of this election: every shape, every element.
 *
 * @throws {MalformedError} If it is not the one form of such a ballot.
 * @throws {MismatchError} If it is another election's.
 */
export function readBallot(bytes: Uint8Array, election: Election): Ballot {
  const value = readJson(bytes, "ballot");
  const fields = readFields(value, "", ["election_uuid", "election_hash", "credential", "answers", "signature"]);
  if (fields.text("election_uuid") !== election.uuid || fields.text("election_hash") !== election.fingerprint) {
    throw new MismatchError("a ballot of another election", { at: "/election_hash" });
  }
  const { questions, group } = election;
  const answers = readList(fields.value("answers"), "/answers", questions.length);
  const signature = readFields(fields.value("signature"), "/signature", ["hash", "proof"]);
  return {
    credential: group.decode(fields.text("credential"), "/credential"),
    answers: questions.map((question, index) =>
      readAnswer(answers[index] as Json, `/answers/${index}`, question, group),
    ),
    signature: {
      hash: readBase64Hash(signature.value("hash"), signature.place("hash")),
      proof: readProof(signature.value("proof"), signature.place("proof"), group),
    },
    hash: unsignedHash(value),
  };
}

function unsignedHash(ballot: Json): string {
  const { signature: _, ...unsigned } = ballot as { readonly [name: string]: Json };
  return sha256Base64(writeJson(unsigned));
}

function readAnswer(value: Json, at: string, question: Question, group: Group): Answer {
  const names = ["choices", "individual_proofs", "overall_proof", ...(question.blank ? ["blank_proof"] : [])];
  const fields = readFields(value, at, names);
  const proofs = readList(fields.value("individual_proofs"), `${at}/individual_proofs`, question.length);
  const alternatives = question.max - question.min + 1 + (question.blank ? 1 : 0);
  return {
    choices: readList(fields.value("choices"), `${at}/choices`, question.length).map((choice, index) =>
      readCiphertext(choice, `${at}/choices/${index}`, group.decode),
    ),
    individualProofs: proofs.map((list, index) => readProofs(list, `${at}/individual_proofs/${index}`, group, 2)),
    overallProof: readProofs(fields.value("overall_proof"), `${at}/overall_proof`, group, alternatives),
    blankProof: question.blank ? readProofs(fields.value("blank_proof"), `${at}/blank_proof`, group, 2) : undefined,
  };
}

/** Read a ciphertext; `decode` says whether the identity is allowed. */
export function readCiphertext(value: Json, at: string, decode: Group["decode"]): Ciphertext {
  const fields = readFields(value, at, ["alpha", "beta"]);
  return {
    alpha: decode(fields.text("alpha"), fields.place("alpha")),
    beta: decode(fields.text("beta"), fields.place("beta")),
  };
}

/** > S0: the string φ followed by a vertical bar and the serialization of g^s (§4.11). */
export function voterContext(election: Election, credential: Element): string {
  return `${election.fingerprint}|${credential.text}`;
}

/** > S: the string S0 followed by a vertical bar and b, the choices separated by commas (§4.11.1). */
export function answerContext(voter: string, choices: readonly Ciphertext[]): string {
  return `${voter}|${choices.map(({ alpha, beta }) => `${alpha.text},${beta.text}`).join(",")}`;
}

/** The product of ciphertexts: it encrypts the sum. */
export function product(ciphertexts: readonly Ciphertext[], group: Group): Ciphertext {
  return ciphertexts.reduce((sum, { alpha, beta }) => ({ alpha: sum.alpha.times(alpha), beta: sum.beta.times(beta) }), {
    alpha: group.identity,
    beta: group.identity,
  });
}

/**
 * Check that the ballot was signed with the credential that it names (§4.14).
 *
 * @throws {MismatchError} If the hash in it is not its own.
 * @throws {InvalidProofError} If the signature does not hold.
 */
export function verifySignature(ballot: Ballot, election: Election): void {
  const { signature, credential, hash } = ballot;
  if (signature.hash !== hash) {
    throw new MismatchError("the hash in the signature is not the ballot's", { at: "/signature/hash" });
  }
  if (!logarithmHolds(election.group, credential, signature.proof, ballotSignature(hash))) {
    throw new InvalidProofError("the signature does not hold", { at: "/signature/proof" });
  }
}

/**
 * Check that every answer is one that its question allows (§4.12, §4.13).
 *
 * @throws {InvalidProofError} At the first proof that does not hold.
 */
export function verifyProofs(ballot: Ballot, election: Election): void {
  const voter = voterContext(election, ballot.credential);
  for (const [index, question] of election.questions.entries()) {
    const answer = ballot.answers[index];
    if (answer === undefined) {
      throw new MalformedError("an answer is missing", { at: `/answers/${index}` });
    }
    verifyIndividualProofs(answer, election, voter, `/answers/${index}`);
    verifyOverallProofs(answer, question, election, `/answers/${index}`, voter);
  }
}

function verifyIndividualProofs(answer: Answer, election: Election, voter: string, at: string): void {
  const bases = { group: election.group, key: election.publicKey };
  for (const [index, choice] of answer.choices.entries()) {
    const claims = [claim(choice, 0, election.group), claim(choice, 1, election.group)];
    const prefix = interval(voter, choice.alpha, choice.beta);
    if (!alternativesHold(bases, claims, answer.individualProofs[index] ?? [], prefix)) {
      throw new InvalidProofError("not proved to be 0 or 1", { at: `${at}/individual_proofs/${index}` });
    }
  }
}

function verifyOverallProofs(answer: Answer, question: Question, election: Election, at: string, voter: string): void {
  const { group } = election;
  const bases = { group, key: election.publicKey };
  const context = answerContext(voter, answer.choices);
  const [first, ...others] = answer.choices;
  if (!question.blank || first === undefined) {
    const sum = product(answer.choices, group);
    const prefix = interval(context, sum.alpha, sum.beta);
    if (!alternativesHold(bases, intervalClaims(sum, question, group), answer.overallProof, prefix)) {
      throw new InvalidProofError("the number of choices is not proved", { at: `${at}/overall_proof` });
    }
    return;
  }
  // > blank_proof proves that m0 = 0 ∨ mΣ = 0; overall_proof proves that m0 = 1 ∨ mΣ ∈ [min … max]
  const sum = product(others, group);
  const noBlankOrNothing = [claim(first, 0, group), claim(sum, 0, group)];
  if (!alternativesHold(bases, noBlankOrNothing, answer.blankProof ?? [], blank(context))) {
    throw new InvalidProofError("blank and a choice are not proved to exclude each other", { at: `${at}/blank_proof` });
  }
  const blankOrEnough = [claim(first, 1, group), ...intervalClaims(sum, question, group)];
  if (!alternativesHold(bases, blankOrEnough, answer.overallProof, blankOrInterval(context))) {
    throw new InvalidProofError("the number of choices is not proved", { at: `${at}/overall_proof` });
  }
}

function intervalClaims(sum: Ciphertext, question: Question, group: Group): Ciphertext[] {
  const claims: Ciphertext[] = [];
  for (let count = question.min; count <= question.max; count++) {
    claims.push(claim(sum, count, group));
  }
  return claims;
}

/** (α, β / g^M): that the plaintext is M. */
function claim({ alpha, beta }: Ciphertext, plaintext: number, group: Group): Ciphertext {
  const shift = plaintext === 0 ? group.identity : group.generator.power(group.order - BigInt(plaintext));
  return { alpha, beta: beta.times(shift) };
}
