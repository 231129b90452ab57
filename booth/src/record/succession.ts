/**
 * When the log is dead or has forked: which log goes on, and from where (`docs/reference/entries.md`).
 *
 * The observers decide it by cosigning, with the quorum of the tally policy, a checkpoint of a standby log whose tree
 * is a beginning of the old log's. That checkpoint is the next entry of the standby log.
 */

import { readSignedCheckpoint } from "../board/checkpoint.ts";
import { sameBytes, type TreeHead } from "../board/merkle.ts";
import { pairOf, readSize, readUtf8, type VerifierKey } from "../board/note.ts";
import { verifyCheckpoint, verifyQuorum } from "../board/policy.ts";
import { MalformedError, MismatchError, OutOfTurnError } from "../errors.ts";
import { readBoardEntry } from "./board_entries.ts";
import type { Terms } from "./charter.ts";

/** A board's static file: the places of its Succession entries, a line each. */
export const SUCCESSION = "succession";
export const LARGEST_PLACES = 1024;

/** What the observers decided: the log that goes on, and the entries that it begins with. */
export interface Succession {
  readonly log: VerifierKey;
  readonly head: TreeHead;
}

/**
 * The places in a file `succession`, which is a hint and nothing more.
 *
 * @throws {MalformedError} If it is none.
 */
export function readPlaces(bytes: Uint8Array): readonly bigint[] {
  const lines = readUtf8(bytes, SUCCESSION).split("\n");
  if (lines.pop() !== "") {
    throw new MalformedError("not a list of places", { at: SUCCESSION });
  }
  return lines.map((line) => readSize(line, SUCCESSION));
}

/**
 * Check the note that a Succession entry brings; whether the entries before it fit is for the caller to see.
 *
 * @param from - The log in force, and how many entries stand before.
 * @throws {MismatchError} If it is not of a standby log after the one in force.
 * @throws {OutOfTurnError} If another number of entries stands before.
 * @throws {QuorumError} If too few observers have cosigned.
 */
export function verifySuccession(
  received: Uint8Array,
  { logs, tally }: Pick<Terms, "logs" | "tally">,
  from: { readonly log: VerifierKey; readonly size: bigint },
): Succession {
  const signed = readSignedCheckpoint(received);
  const { head } = signed.checkpoint;
  const observed = verifyCheckpoint(signed, { ...tally, logs });
  const by = new Set(observed.logs.map(pairOf));
  const later = logs.slice(logs.findIndex(({ text }) => text === from.log.text) + 1);
  const log = later.find((key) => by.has(pairOf(key)));
  if (log === undefined) {
    throw new MismatchError("not a checkpoint of a standby log after the one in force", { at: "checkpoint" });
  }
  if (head.size !== from.size) {
    throw new OutOfTurnError(`${from.size} entries stand before, and it is of ${head.size}`, { at: "checkpoint" });
  }
  verifyQuorum(observed.cosignatures.keys(), tally);
  return { log, head };
}

/** A Succession entry, its place in the log, and the root that the log had before it. */
export interface Placed {
  readonly place: bigint;
  readonly entry: Uint8Array;
  readonly root: Uint8Array;
}

/**
 * Check that the observers' decisions lead from the charter's log to another.
 *
 * @returns The key of that log.
 * @throws {MismatchError} If they lead elsewhere, an entry is no decision, or other entries stand before it.
 * @throws {MalformedError | OutOfTurnError | InvalidProofError | QuorumError} See `verifySuccession`.
 */
export function verifyInForce(
  terms: Pick<Terms, "log" | "logs" | "tally">,
  entries: readonly Placed[],
  origin: string,
): VerifierKey {
  let { log } = terms;
  for (const { place, entry, root } of entries) {
    const { kind, parts } = readBoardEntry(entry);
    if (kind !== "Succession") {
      throw new MismatchError(`entry ${place} is no decision of the observers`, { at: SUCCESSION });
    }
    const succession = verifySuccession(parts[0]?.content ?? new Uint8Array(), terms, { log, size: place });
    if (!sameBytes(succession.head.root, root)) {
      throw new MismatchError("the entries before are not the ones that the observers meant", { at: `entry ${place}` });
    }
    log = succession.log;
  }
  if (log.name !== origin) {
    const message = `the record stands in the log ${log.name}; the observers have not decided that ${origin} goes on`;
    throw new MismatchError(message, { at: origin });
  }
  return log;
}
