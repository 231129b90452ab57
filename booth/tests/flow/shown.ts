/** A board in memory: a log with its observers, what it shows, and the receipts that it gives. */

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeBase64 } from "../../src/base64.ts";
import { readCheckpoint, type SignedCheckpoint, writeCheckpoint } from "../../src/board/checkpoint.ts";
import { ed25519Message } from "../../src/board/cosignature.ts";
import { hashLeaf, proveInclusion, rootOf, type TreeHead } from "../../src/board/merkle.ts";
import {
  COSIGNATURE_ED25519,
  ED25519,
  makeSignatureLine,
  readVerifierKey,
  type SignatureLine,
  type VerifierKey,
  writeNote,
} from "../../src/board/note.ts";
import { readPolicy } from "../../src/board/policy.ts";
import { writeReceipt } from "../../src/board/proof.ts";
import { readPath } from "../../src/board/tiles.ts";
import { UnavailableError } from "../../src/errors.ts";
import type { Files } from "../../src/flow/files.ts";
import type { Anchor } from "../../src/flow/reading.ts";
import { Tree } from "../../src/flow/tree.ts";
import { ballotEntry } from "../../src/record/board_entries.ts";
import type { Charter } from "../../src/record/charter.ts";
import { readerOf } from "../board/support.ts";

export const NOW = 1_800_000_000;

interface Signer {
  readonly seed: Uint8Array;
  readonly key: VerifierKey;
}

function signer(name: string, type: number, number: number): Signer {
  const seed = new Uint8Array(32).fill(number);
  const material = concatBytes(Uint8Array.of(type), ed25519.getPublicKey(seed));
  const id = bytesToHex(sha256(concatBytes(utf8ToBytes(`${name}\n`), material)).subarray(0, 4));
  return { seed, key: readVerifierKey(`${name}+${id}+${encodeBase64(material)}`) };
}

export const LOG = signer("board.example/log", ED25519, 101);
export const STANDBY = signer("standby.example/log", ED25519, 103);
export const OTHER_LOG = signer("other.example/log", ED25519, 102);
export const OBSERVERS = [1, 2, 3].map((number) => signer(`observer${number}.example/w`, COSIGNATURE_ED25519, number));

/** Two of three must. */
export const POLICY = readPolicy(
  utf8ToBytes(
    [
      `log ${LOG.key.text}`,
      ...OBSERVERS.map(({ key }, index) => `witness o${index} ${key.text}`),
      "group all 2 o0 o1 o2",
      "quorum all",
      "",
    ].join("\n"),
  ),
);

export const CHARTER = {
  fingerprint: "ab".repeat(32),
  terms: { log: LOG.key, logs: [LOG.key, STANDBY.key], receipts: POLICY },
} as unknown as Charter;

/** A ballot, as far as a log cares. */
export const ballot = (number: number): Uint8Array => utf8ToBytes(`{"ballot":${number}}`);

/** Entries of ballots, numbered on; `other` makes another history. */
export const entries = (size: number, other = 0): readonly Uint8Array[] =>
  Array.from({ length: size }, (_, number) => ballotEntry(ballot(number + other)));

export function headOf(log: readonly Uint8Array[], size = log.length): TreeHead {
  return { size: BigInt(size), root: rootOf(readerOf(log.slice(0, size).map(hashLeaf)), BigInt(size)) };
}

function cosignature({ seed, key }: Signer, text: string, at: bigint): SignatureLine {
  const signature = ed25519.sign(ed25519Message(text, at), seed);
  return makeSignatureLine(key, concatBytes(hexToBytes(at.toString(16).padStart(16, "0")), signature));
}

/** A head that a log has signed, and observers at the times that are given for them. */
export function signed(
  head: TreeHead,
  times: readonly (number | bigint | undefined)[] = [],
  by: Signer = LOG,
): SignedCheckpoint {
  const text = writeCheckpoint({ origin: by.key.name, head, extensions: [] });
  const own = makeSignatureLine(by.key, ed25519.sign(utf8ToBytes(text), by.seed));
  const lines = OBSERVERS.flatMap((observer, index) => {
    const at = times[index];
    return at === undefined ? [] : [cosignature(observer, text, BigInt(at))];
  });
  return { note: { text, signatures: [own, ...lines] }, checkpoint: readCheckpoint(text) };
}

export const QUORUM = [NOW, NOW + 1];

/** What a page keeps that read the log when it had this many entries. */
export function anchorOf(log: readonly Uint8Array[], size: number, files: Files = new Shown(log, {})): Anchor {
  const checkpoint = signed(headOf(log, size), QUORUM);
  return { charter: CHARTER, checkpoint, tree: new Tree(files, checkpoint.checkpoint.head) };
}

/** The receipt of an entry, as a box gives it when its log has that size; the ballot is kept in it. */
export function receiptOf(log: readonly Uint8Array[], index: number, size: number, by: Signer = LOG): Uint8Array {
  const leaves = log.slice(0, size).map(hashLeaf);
  return writeReceipt({
    index: BigInt(index),
    path: proveInclusion(readerOf(leaves), BigInt(index), BigInt(size)),
    signed: signed(headOf(log, size), [], by),
    extra: ballot(index),
  });
}

/** A board's files: the tiles of a log with less than 256 entries, and notes. */
export class Shown implements Files {
  readonly asked: string[] = [];
  readonly #log: readonly Uint8Array[];
  readonly #files: ReadonlyMap<string, Uint8Array | "away">;

  constructor(
    log: readonly Uint8Array[],
    files: { readonly [path: string]: SignedCheckpoint | Uint8Array | "away" | undefined },
  ) {
    this.#log = log;
    this.#files = new Map(
      Object.entries(files).flatMap(([path, file]) =>
        file === undefined
          ? []
          : [[path, typeof file === "string" || file instanceof Uint8Array ? file : writeNote(file.note)]],
      ),
    );
  }

  async get(path: string): Promise<Uint8Array | undefined> {
    this.asked.push(path);
    const file = this.#files.get(path) ?? (path.startsWith("tile/") ? this.#tile(path) : undefined);
    if (file === "away") {
      throw new UnavailableError(`${path}: nobody answers`, { at: path });
    }
    return await Promise.resolve(file);
  }

  #tile(path: string): Uint8Array | undefined {
    const { level, index, width } = readPath(path);
    const found = this.#log.slice(Number(index) * 256, Number(index) * 256 + width);
    if (found.length < width || (level !== "entries" && level !== 0)) {
      return undefined;
    }
    return concatBytes(
      ...found.map((entry) =>
        level === 0 ? hashLeaf(entry) : concatBytes(Uint8Array.of(entry.length >> 8, entry.length & 255), entry),
      ),
    );
  }
}
