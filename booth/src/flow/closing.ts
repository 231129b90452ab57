/** Whether voting is over, by what the observers have countersigned; the device's clock has no part in it. */

import { UnavailableError } from "../errors.ts";
import { type EntryKind, readKnownEntry } from "../record/board_entries.ts";
import type { Terms } from "../record/charter.ts";
import type { Tree } from "./tree.ts";

const AFTER_THE_VOTE: readonly EntryKind[] = ["EndBallots", "EncryptedTally", "PartialDecryption", "Result"];

/**
 * Whether voting is over: the quorum says that it is later than it could end, or the last entry is one that comes then.
 *
 * That entry is as much to fetch as many ballots, so it is looked at only when voting can have ended.
 *
 * @param moment - When the quorum had countersigned the tree.
 * @returns False also if the last entry cannot be had.
 * @throws {InvalidProofError} If what is shown at its place is not in the tree.
 */
export async function isOver(
  tree: Tree,
  { earliestClose, latestClose }: Pick<Terms, "earliestClose" | "latestClose">,
  moment: number,
): Promise<boolean> {
  if (moment < earliestClose || moment > latestClose) {
    return moment > latestClose;
  }
  try {
    const last = readKnownEntry(await tree.entry(tree.head.size - 1n));
    return last !== undefined && AFTER_THE_VOTE.includes(last.kind);
  } catch (error) {
    if (error instanceof UnavailableError) {
      return false;
    }
    throw error;
  }
}
