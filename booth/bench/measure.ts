/** How long a ballot takes: the same code in Node and in a browser. */

import { utf8ToBytes } from "@noble/hashes/utils.js";
import { encryptBallot, signBallot } from "../src/protocol/casting.ts";
import { deriveCredential } from "../src/protocol/credentials.ts";
import { readElection } from "../src/protocol/election.ts";
import type { Random } from "../src/protocol/group.ts";

/** What to measure. */
export interface Task {
  readonly election: string;
  readonly credential: string;
  readonly plaintexts: readonly (readonly number[])[];
  readonly ballots: number;
}

/** Milliseconds: before a ballot can be made, the first ballot, and each of the others. */
export interface Timing {
  readonly ready: number;
  readonly first: number;
  readonly others: readonly number[];
}

/** Make ballots and time each: encryption, all proofs and the signature. */
export function measure(task: Task, random: Random): Timing {
  const start = performance.now();
  const election = readElection(utf8ToBytes(task.election));
  const credential = deriveCredential(task.credential, election.uuid, election.group);
  // The table for y is made at its first use; in the booth, that is while the voter reads the question.
  election.publicKey.secretPower(1n);
  const ready = performance.now() - start;
  const times = Array.from({ length: task.ballots }, () => {
    const before = performance.now();
    const { plaintexts } = task;
    const encrypted = encryptBallot(election, credential.public, { plaintexts, random });
    signBallot(encrypted, { election, credential, random });
    return performance.now() - before;
  });
  const [first = 0, ...others] = times;
  return { ready, first, others };
}
