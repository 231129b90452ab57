/** Partial decryptions (specification §4.18). */

import { InvalidProofError } from "../errors.ts";
import type { Election } from "./election.ts";
import { type Json, readFields, readJson, readList, readText } from "./encoding.ts";
import type { Element, Group } from "./group.ts";
import { commitment, type Proof, readProof } from "./proofs.ts";
import type { Sums } from "./tally.ts";
import { challengeOf, decryption } from "./transcript.ts";
import type { Trustee } from "./trustees.ts";

/** For each question and answer α^x. */
export type Factors = readonly (readonly Element[])[];

/** > partial_decryption = {decryption_factors, decryption_proofs} (§4.18). */
export interface PartialDecryption {
  readonly factors: Factors;
  readonly proofs: readonly (readonly Proof[])[];
}

/** > owned_partial_decryption = {owner, payload}; the same for shuffles (§4.17, §4.18). */
export interface Owned {
  readonly owner: number;
  readonly payload: string;
}

export function readOwned(bytes: Uint8Array): Owned {
  const fields = readFields(readJson(bytes, "owner"), "", ["owner", "payload"]);
  return { owner: fields.count("owner"), payload: fields.hash("payload") };
}

/**
 * Read a partial decryption of these sums.
 *
 * @throws {MalformedError} If it has another shape, or something in it is not in the group.
 */
export function readPartialDecryption(bytes: Uint8Array, sums: Sums, group: Group): PartialDecryption {
  const names = ["decryption_factors", "decryption_proofs"];
  const fields = readFields(readJson(bytes, "partial decryption"), "", names);
  const shaped = <Item>(name: string, read: (item: Json, at: string) => Item): readonly (readonly Item[])[] =>
    readList(fields.value(name), `/${name}`, sums.length).map((row, i) =>
      readList(row, `/${name}/${i}`, sums[i]?.length ?? 0).map((item, j) => read(item, `/${name}/${i}/${j}`)),
    );
  return {
    factors: shaped("decryption_factors", (item, at) => group.decodeSum(readText(item, at), at)),
    proofs: shaped("decryption_proofs", (item, at) => readProof(item, at, group)),
  };
}

/**
 * Check that a trustee decrypted these sums with the key that it announced.
 *
 * @throws {InvalidProofError} At the first factor whose proof does not hold.
 */
export function verifyPartialDecryption(
  share: PartialDecryption,
  sums: Sums,
  { trustee, election }: { readonly trustee: Trustee; readonly election: Election },
): void {
  const { group, fingerprint } = election;
  const prefix = decryption(fingerprint, trustee.publicKey);
  for (const [i, question] of sums.entries()) {
    for (const [j, { alpha }] of question.entries()) {
      const [factor, proof] = [share.factors[i]?.[j], share.proofs[i]?.[j]];
      const at = `/decryption_proofs/${i}/${j}`;
      if (factor === undefined || proof === undefined) {
        throw new InvalidProofError("no proof", { at, culprit: trustee.label });
      }
      // > A = g^response × public_key^challenge, B = alpha^response × factor^challenge
      const commitments = [commitment(group.generator, trustee.publicKey, proof), commitment(alpha, factor, proof)];
      if (challengeOf(group, prefix, commitments) !== proof.challenge) {
        throw new InvalidProofError("not proved to be decrypted with the announced key", {
          at,
          culprit: trustee.label,
        });
      }
    }
  }
}
