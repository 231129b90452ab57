/** Where a vote is read: the first place that shows it, or the one at which a standby log goes on for it. */

import { PsephosError } from "../errors.ts";
import type { Files } from "./files.ts";
import { noteAt, RefusedError, readVote } from "./reading.ts";

/** A vote that was read, and at which place. */
export type Read = Awaited<ReturnType<typeof readVote>> & { readonly place: number };

/**
 * Read a vote at the first of several places that shows it; and at a later one where, by the observers' decision, a
 * standby log has taken over.
 *
 * @returns What `readVote` does, and at which place it was read.
 * @throws {RefusedError} If no place shows it, or the first that does shows something that does not hold.
 */
export async function readAnywhere(places: readonly Files[], pinned?: string): Promise<Read> {
  let failure: RefusedError | undefined;
  for (const [place, files] of places.entries()) {
    try {
      const read = await readVote(files, pinned);
      return await successor(places, { ...read, place });
    } catch (error) {
      if (!(error instanceof RefusedError) || !["network", "standby"].includes(error.refusal.reason)) {
        throw error;
      }
      failure ??= error;
    }
  }
  throw failure ?? new RefusedError({ reason: "network", message: "there is no board" });
}

/**
 * The same vote in a log that goes on for the one that was read, if another place shows that it does.
 *
 * As long as none does, a checkpoint is all that is fetched from each.
 */
export async function successor(places: readonly Files[], read: Read): Promise<Read> {
  const { logs, log } = read.anchor.charter.terms;
  const later = logs.slice(logs.findIndex(({ text }) => text === log.text) + 1).map(({ name }) => name);
  let found = read;
  for (const [place, files] of places.entries()) {
    try {
      const origin = place === read.place ? "" : (await noteAt(files, "checkpoint"))?.checkpoint.origin;
      if (origin !== undefined && later.includes(origin)) {
        found = { ...(await readVote(files, read.vote.charter)), place };
      }
    } catch (error) {
      // It shows nothing, or nothing that makes its log the record: the vote that was read stays.
      if (!(error instanceof RefusedError || error instanceof PsephosError)) {
        throw error;
      }
    }
  }
  return found;
}
