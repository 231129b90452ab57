/**
 * Entries of the board: one encoding (`docs/reference/entries.md`).
 *
 *     psephos/KIND/VERSION
 *     salt DIGITS                 at most once; never in a Charter or Ballot
 *     inline SIZE                 for each part that stands in the entry
 *     blob SIZE SHA256            for each part that lies beside the log
 *     (empty line)
 *     the bytes of the inline parts, one after the other
 */

import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { MalformedError, UnsupportedError } from "../errors.ts";
import { sha256Hex } from "../protocol/encoding.ts";

export const LARGEST_ENTRY = 65_535;
/** All inline parts of an entry together. */
export const LARGEST_INLINE = 60_000;

/** For each kind of version 1 its parts in order; true for one that may become a blob. */
const PARTS = {
  Charter: [true],
  Setup: [true, true, true, false, false],
  Acceptance: [false],
  Ballot: [false],
  ClosingTime: [false],
  EndBallots: [false],
  EncryptedTally: [true, false],
  PartialDecryption: [true, false, true],
  Result: [false],
  StartAlone: [false],
  Succession: [false],
  Definition: [true, false],
  Regions: [true, false],
} as const;

export type EntryKind = keyof typeof PARTS;

/** A part of an entry. */
export interface Part {
  readonly size: number;
  /** SHA-256 of its bytes; of a blob, as the entry says. */
  readonly digest: string;
  /** Its bytes; undefined for a blob. */
  readonly content: Uint8Array | undefined;
}

export interface BoardEntry {
  readonly kind: EntryKind;
  /** 32 hexadecimal digits without meaning; empty without. */
  readonly salt: string;
  readonly parts: readonly Part[];
}

const FIRST = /^psephos\/([A-Z][A-Za-z]*)\/([1-9][0-9]*)$/;
const SALT = /^salt ([0-9a-f]{32})$/;
const INLINE = /^inline (0|[1-9][0-9]{0,8})$/;
const BLOB = /^blob ([1-9][0-9]{0,15}) ([0-9a-f]{64})$/;
const UNSALTED: readonly EntryKind[] = ["Charter", "Ballot"];

/**
 * Read an entry.
 *
 * @throws {MalformedError} If it is not an entry, or not in its one form.
 * @throws {UnsupportedError} If it is of a kind or version that we do not know.
 */
export function readBoardEntry(bytes: Uint8Array): BoardEntry {
  if (bytes.length > LARGEST_ENTRY) {
    throw new MalformedError(`an entry of ${bytes.length} bytes is too large`);
  }
  const end = bytes.findIndex((byte, index) => byte === 0x0a && bytes[index + 1] === 0x0a);
  // A character is a byte: whatever is not ASCII fits none of the lines.
  const [first = "", ...lines] = String.fromCharCode(...bytes.subarray(0, Math.max(end, 0))).split("\n");
  const kind = readKind(first);
  const salt = UNSALTED.includes(kind) ? "" : (SALT.exec(lines[0] ?? "")?.[1] ?? "");
  const listed = salt === "" ? lines : lines.slice(1);
  const parts: Part[] = [];
  let at = end + 2;
  for (const [index, line] of listed.entries()) {
    const part = readPart(line, bytes.subarray(at), `part ${index + 1 + lines.length - listed.length}`);
    parts.push(part);
    at += part.content?.length ?? 0;
  }
  if (at !== bytes.length || parts.length !== PARTS[kind].length) {
    throw new MalformedError("not the parts of its kind, or bytes that are no part", { at: "parts" });
  }
  requirePlacement(kind, parts);
  return { kind, salt, parts };
}

/** An entry that can be read; undefined for one without effect on what a voter needs. */
export function readKnownEntry(bytes: Uint8Array): BoardEntry | undefined {
  try {
    return readBoardEntry(bytes);
  } catch (error) {
    if (error instanceof MalformedError || error instanceof UnsupportedError) {
      return undefined;
    }
    throw error;
  }
}

function readKind(line: string): EntryKind {
  const [, kind, version] = FIRST.exec(line) ?? [];
  if (kind === undefined) {
    throw new MalformedError("not an entry", { at: "line 1" });
  }
  if (!isKind(kind) || version !== "1") {
    throw new UnsupportedError(`an entry ${kind}/${version} is not supported`, { at: "line 1" });
  }
  return kind;
}

function isKind(kind: string): kind is EntryKind {
  return Object.hasOwn(PARTS, kind);
}

function readPart(line: string, rest: Uint8Array, at: string): Part {
  const [, inline] = INLINE.exec(line) ?? [];
  const [, size, digest] = BLOB.exec(line) ?? [];
  if (inline !== undefined) {
    const content = rest.slice(0, Number(inline));
    if (content.length !== Number(inline)) {
      throw new MalformedError("a part that is cut off", { at: "parts" });
    }
    return { size: content.length, digest: sha256Hex(content), content };
  }
  if (size === undefined || digest === undefined || !Number.isSafeInteger(Number(size))) {
    throw new MalformedError("neither a part nor a salt where one may be", { at });
  }
  return { size: Number(size), digest, content: undefined };
}

/** > each is inline as long as all inline parts together have at most 60,000 bytes, and a blob otherwise. */
function requirePlacement(kind: EntryKind, parts: readonly Part[]): void {
  const expected = placementOf(
    kind,
    parts.map(({ size }) => size),
  );
  if (parts.some(({ content }, index) => (content !== undefined) !== expected[index])) {
    throw new MalformedError("a part stands where its size does not put it", { at: kind });
  }
}

/** Which parts stand in the entry, by their sizes. */
function placementOf(kind: EntryKind, sizes: readonly number[]): readonly boolean[] {
  const large: readonly boolean[] = PARTS[kind];
  let total = sizes.filter((_, index) => !large[index]).reduce((sum, size) => sum + size, 0);
  if (total > LARGEST_INLINE) {
    throw new MalformedError("parts that have no blobs are too large", { at: kind });
  }
  return sizes.map((size, index) => {
    const fits = !large[index] || total + size <= LARGEST_INLINE;
    total += large[index] && fits ? size : 0;
    return fits;
  });
}

/** The bytes of an entry; what was read is written again byte for byte. */
export function writeBoardEntry({ kind, salt, parts }: BoardEntry): Uint8Array {
  const lines = [
    `psephos/${kind}/1`,
    ...(salt === "" ? [] : [`salt ${salt}`]),
    ...parts.map(({ size, digest, content }) => (content === undefined ? `blob ${size} ${digest}` : `inline ${size}`)),
  ];
  return concatBytes(utf8ToBytes(`${lines.join("\n")}\n\n`), ...parts.flatMap(({ content }) => content ?? []));
}

/** The entry of a ballot, whose leaf a receipt proves. */
export function ballotEntry(ballot: Uint8Array): Uint8Array {
  const part = { size: ballot.length, digest: sha256Hex(ballot), content: ballot };
  requirePlacement("Ballot", [part]);
  return writeBoardEntry({ kind: "Ballot", salt: "", parts: [part] });
}
