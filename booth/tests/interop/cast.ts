/**
 * Makes ballots for a test in another language.
 *
 * Reads from stdin an election, and credentials with choices, as JSON; writes a list of ballots.
 */

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { encryptBallot, signBallot } from "../../src/protocol/casting.ts";
import { deriveCredential } from "../../src/protocol/credentials.ts";
import { readElection } from "../../src/protocol/election.ts";

interface Order {
  readonly election: string;
  readonly votes: readonly { readonly credential: string; readonly plaintexts: readonly (readonly number[])[] }[];
}

const order = JSON.parse(readFileSync(0, "utf-8")) as Order;
const election = readElection(utf8ToBytes(order.election));
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const ballots = order.votes.map((vote) => {
  const credential = deriveCredential(vote.credential, election.uuid, election.group);
  const encrypted = encryptBallot(election, credential.public, { plaintexts: vote.plaintexts, random });
  return new TextDecoder().decode(signBallot(encrypted, { election, credential, random }));
});
process.stdout.write(JSON.stringify(ballots));
