/** What a relay says about a ballot that it holds (`docs/reference/evidence.md`): not a receipt, and shown as none. */

import { readNote } from "../board/note.ts";
import { MismatchError } from "../errors.ts";
import { sha256Hex } from "../protocol/encoding.ts";

/** A relay's word. Its signature is for whoever knows the relay's key. */
export interface Word {
  /** The name under which the relay signs. */
  readonly name: string;
  /** The note. */
  readonly bytes: Uint8Array;
}

/**
 * Read a relay's word about a ballot.
 *
 * @throws {MalformedError} If it is no note.
 * @throws {MismatchError} If it says something else.
 */
export function readWord(bytes: Uint8Array, ballot: Uint8Array, charter: string): Word {
  const { text, signatures } = readNote(bytes);
  const expected = `psephos/relayed/1\n${charter}\n${sha256Hex(ballot)}\n`;
  const time = text.slice(expected.length);
  if (!text.startsWith(expected) || !/^[1-9][0-9]{0,9}\n$/.test(time)) {
    throw new MismatchError("the relay speaks of something else than this ballot", { at: "relay" });
  }
  return { name: signatures[0]?.name ?? "", bytes };
}
