/** The seal of a signed ballot: the hash that its signature signs, which the voter was shown before she decided. */

import { MismatchError } from "../errors.ts";
import { readBallot, verifySignature } from "../protocol/ballot.ts";
import type { Election } from "../protocol/election.ts";

/**
 * The seal, as the ballot itself has it.
 *
 * @param shown - What the voter was shown; undefined for a ballot that was locked on another device.
 * @throws {PsephosError} If it is no signed ballot of this election, or not the one whose seal was shown.
 */
export function sealOf(ballot: Uint8Array, election: Election, shown?: string): string {
  const read = readBallot(ballot, election);
  verifySignature(read, election);
  const { hash } = read.signature;
  if (shown !== undefined && hash !== shown) {
    throw new MismatchError("the signed ballot is not the one whose seal was shown", { at: "/signature/hash" });
  }
  return hash;
}
