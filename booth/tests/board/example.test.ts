/** The example log: every byte string and hash of the format notes, and what must hold of trees. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCheckpoint, readSignedCheckpoint } from "../../src/board/checkpoint.ts";
import { ed25519Message, mlDsaMessage, readTimestamp, verifierOf } from "../../src/board/cosignature.ts";
import {
  EMPTY_ROOT,
  hashLeaf,
  proveInclusion,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from "../../src/board/merkle.ts";
import { makeSignatureLine, plainVerifier, readNote, readVerifierKey, verifyNote } from "../../src/board/note.ts";
import { readPolicy, verifyQuorum } from "../../src/board/policy.ts";
import { readReceipt } from "../../src/board/proof.ts";
import {
  FULL,
  nodeReader,
  pathOf,
  readBundle,
  readPath,
  readTile,
  tileOf,
  tilesOf,
  verifyBundle,
} from "../../src/board/tiles.ts";
import { InvalidProofError, MalformedError, QuorumError } from "../../src/errors.ts";
import { jsonOf, VECTORS } from "../support/vectors.ts";
import {
  bytesOf,
  EXAMPLE,
  LOG,
  leavesOf,
  logLine,
  OBSERVER,
  observerLine,
  readerOf,
  rootByDefinition,
} from "./support.ts";

const COSIGNED = new Uint8Array(readFileSync(join(VECTORS, "board", "example-cosigned.note")));
const KEYS = readFileSync(join(VECTORS, "board", "example.vkeys"), "utf-8")
  .trim()
  .split("\n")
  .map((key) => readVerifierKey(key));
const TIME = BigInt(EXAMPLE.timestamp);
const SPECIFICATION = jsonOf<{
  signed_note: { vkey: string; note: string };
  cosigned_checkpoint: string;
  cosignature_timestamp: number;
  cosignature_message: string;
  tile_paths: { [index: string]: string };
  tiles_of_256: string[];
}>("board", "specification.json");

test("the specification's key verifies the specification's note", () => {
  const verifier = plainVerifier(readVerifierKey(SPECIFICATION.signed_note.vkey));
  const note = readNote(utf8ToBytes(SPECIFICATION.signed_note.note));
  expect(verifyNote(note, [verifier])).toEqual(note.signatures);
  const changed = { ...note, text: note.text.replace("This", "That") };
  expect(() => verifyNote(changed, [verifier])).toThrow(InvalidProofError);
});

test("log, observer and mirror have signed the example's checkpoint", () => {
  const note = readNote(COSIGNED);
  expect(verifyNote(note, KEYS.map(verifierOf))).toEqual(note.signatures);
  expect(note.signatures.slice(1).map(readTimestamp)).toEqual([TIME, TIME]);
});

test("the example's lines and messages are made byte for byte", () => {
  const { checkpoint: text } = EXAMPLE;
  expect(`${logLine(text).text}\n`).toBe(EXAMPLE.log_line);
  expect(`${observerLine(text, TIME).text}\n`).toBe(EXAMPLE.observer_line);
  expect(ed25519Message(text, TIME)).toEqual(utf8ToBytes(EXAMPLE.ed25519_message));
  expect(bytesToHex(mlDsaMessage("mirror1.example/m1", readCheckpoint(text), TIME))).toBe(EXAMPLE.ml_dsa_message_hex);
});

test("the specification's cosigned checkpoint, time and message belong together", () => {
  const { note } = readSignedCheckpoint(utf8ToBytes(SPECIFICATION.cosigned_checkpoint));
  const time = note.signatures[1] === undefined ? 0n : readTimestamp(note.signatures[1]);
  expect(time).toBe(BigInt(SPECIFICATION.cosignature_timestamp));
  expect(ed25519Message(note.text, time)).toEqual(utf8ToBytes(SPECIFICATION.cosignature_message));
});

describe("signatures", () => {
  const own = logLine("text\n");

  test("lines of unknown keys are ignored, and alone they are not enough", () => {
    const stranger = { ...own, name: "stranger.example" };
    expect(verifyNote({ text: "text\n", signatures: [stranger, own] }, [verifierOf(LOG)])).toEqual([own]);
    expect(() => verifyNote({ text: "text\n", signatures: [stranger] }, [verifierOf(LOG)])).toThrow(
      "no key that we know",
    );
  });

  test("a known key that fails refuses the whole note", () => {
    const bad = makeSignatureLine(OBSERVER, new Uint8Array(72));
    const attempt = (): unknown =>
      verifyNote({ text: "text\n", signatures: [own, bad] }, [LOG, OBSERVER].map(verifierOf));
    expect(attempt).toThrow(expect.objectContaining({ code: "invalid-proof", culprit: OBSERVER.name }));
  });

  test("a changed signature, text or length does not hold", () => {
    fc.assert(
      fc.property(fc.nat(63), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const signature = own.signature.map((byte, index) => (index === at ? byte ^ change : byte));
        const note = { text: "text\n", signatures: [makeSignatureLine(LOG, signature)] };
        expect(() => verifyNote(note, [verifierOf(LOG)])).toThrow(InvalidProofError);
      }),
      { numRuns: 30 },
    );
    for (const signature of [own.signature.slice(1), new Uint8Array(0), concatBytes(own.signature, own.signature)]) {
      const note = { text: "text\n", signatures: [makeSignatureLine(LOG, signature)] };
      expect(() => verifyNote(note, [verifierOf(LOG)])).toThrow(InvalidProofError);
    }
  });

  test("keys of small order are refused", () => {
    for (const y of ["01", "ec", "ed", "ee", "00"]) {
      const key = y === "01" || y === "00" ? `${y}${"00".repeat(31)}` : `${y}${"ff".repeat(30)}7f`;
      const material = concatBytes(Uint8Array.of(1), hexToBytes(key));
      const id = bytesToHex(sha256(concatBytes(utf8ToBytes("name\n"), material)).subarray(0, 4));
      const text = `name+${id}+${Buffer.from(material).toString("base64")}`;
      expect(() => readVerifierKey(text)).toThrow("small order");
    }
  });
});

describe("trees", () => {
  const leaves = leavesOf(40);

  test("the example's leaf and root, and Certificate Transparency's roots", () => {
    const known = jsonOf<{ leaves: string[]; roots: string[] }>("board", "merkle.json");
    const hashes = known.leaves.map((leaf) => hashLeaf(hexToBytes(leaf)));
    expect(bytesToHex(leaves[0] ?? EMPTY_ROOT)).toBe(EXAMPLE.leaf_0);
    expect(bytesToHex(rootOf(readerOf(leaves), 5n))).toBe(EXAMPLE.root_5);
    expect(known.roots.map((_, size) => bytesToHex(rootOf(readerOf(hashes), BigInt(size))))).toEqual(known.roots);
  });

  test("every entry of every tree is proved, as its own number and leaf only", () => {
    for (let size = 1; size <= 20; size++) {
      const head = { size: BigInt(size), root: rootByDefinition(leaves.slice(0, size)) };
      for (let index = 0; index < size; index++) {
        const leaf = leaves[index] as Uint8Array;
        const path = proveInclusion(readerOf(leaves), BigInt(index), BigInt(size));
        verifyInclusion(leaf, { index: BigInt(index), path }, head);
        for (const wrong of [index - 1, index + 1, size]) {
          expect(() => verifyInclusion(leaf, { index: BigInt(wrong), path }, head)).toThrow(InvalidProofError);
        }
        expect(() => verifyInclusion(leaves[index + 1] ?? leaf, { index: BigInt(index), path }, head)).toThrow();
        expect(() => verifyInclusion(leaf, { index: BigInt(index), path: [...path, leaf] }, head)).toThrow();
      }
    }
  });

  test("the receipt's path of the example is made again", () => {
    const receipt = readReceipt(utf8ToBytes(EXAMPLE.receipt));
    expect(proveInclusion(readerOf(leaves), 2n, 5n)).toEqual(receipt.path);
    expect(receipt.index).toBe(BigInt(EXAMPLE.receipt_index));
  });

  test("a tree that grew is consistent; another one is not", () => {
    const other = [...leaves.slice(0, 3), ...leavesOf(50).slice(40)];
    // The example's add-checkpoint request: from 3 to 5.
    const [, ...lines] = jsonOf<{ add_checkpoint: string }>("board", "example.json").add_checkpoint.split("\n");
    const proof = lines.slice(0, lines.indexOf("")).map(bytesOf);
    const head = (of: readonly Uint8Array[], size: number): { size: bigint; root: Uint8Array } => ({
      size: BigInt(size),
      root: rootByDefinition(of.slice(0, size)),
    });
    verifyConsistency(head(leaves, 3), head(leaves, 5), proof);
    verifyConsistency(head(leaves, 5), head(leaves, 5), []);
    verifyConsistency(head(leaves, 0), head(leaves, 5), []);
    for (const [old, now, given] of [
      [head(leaves, 3), head(other, 5), proof],
      [head(leaves, 4), head(leaves, 5), proof],
      [head(leaves, 3), head(leaves, 5), proof.slice(1)],
      [head(leaves, 3), head(leaves, 5), [...proof, EMPTY_ROOT]],
      [head(leaves, 5), head(leaves, 3), proof],
      [head(leaves, 3), head(leaves, 5), []],
      [head(other, 5), head(leaves, 5), []],
    ] as const) {
      expect(() => verifyConsistency(old, now, given)).toThrow(InvalidProofError);
    }
  });
});

describe("tiles", () => {
  test("the specification's paths", () => {
    for (const [index, place] of Object.entries(SPECIFICATION.tile_paths)) {
      expect(pathOf({ level: 0, index: BigInt(index), width: FULL })).toBe(`tile/0/${place}`);
      expect(readPath(`tile/63/${place}.p/255`)).toEqual({ level: 63, index: BigInt(index), width: 255 });
    }
    expect([...tilesOf(256n)].map(pathOf)).toEqual(SPECIFICATION.tiles_of_256);
  });

  test("the example's bundle and tile", () => {
    const entries = EXAMPLE.entries.map((entry) => utf8ToBytes(entry));
    const bundle = concatBytes(...entries.map((entry) => concatBytes(Uint8Array.of(0, entry.length), entry)));
    const place = { level: "entries", index: 0n, width: 5 } as const;
    const tile = concatBytes(...leavesOf(5));
    expect(bundle.length).toBe(EXAMPLE.bundle_length);
    expect(readBundle(bundle, place)).toEqual(entries);
    expect(bytesToHex(sha256(tile)).startsWith(EXAMPLE.tile_0_sha256_prefix)).toBe(true);
    verifyBundle(readBundle(bundle, place), readTile(tile, { level: 0, index: 0n, width: 5 }), place);
    expect(() => verifyBundle(entries, [...leavesOf(4), EMPTY_ROOT], place)).toThrow(
      "not the entry that is in the tree",
    );
    for (const wrong of [bundle.slice(1), bundle.slice(0, -1), concatBytes(bundle, Uint8Array.of(0))]) {
      expect(() => readBundle(wrong, place)).toThrow(MalformedError);
    }
    expect(() => readTile(tile.slice(1), { level: 0, index: 0n, width: 5 })).toThrow(MalformedError);
  });

  test.each([1, 2, 255, 256, 257, 600])("a tree of %i is read through its tiles", (size) => {
    const leaves = leavesOf(size);
    const files = new Map<string, readonly Uint8Array[]>();
    for (const tile of tilesOf(BigInt(size))) {
      const level = Number(tile.level);
      const start = Number(tile.index) * FULL;
      const hashes = Array.from({ length: tile.width }, (_, at) => readerOf(leaves)(8 * level, BigInt(start + at)));
      files.set(pathOf(tile), hashes);
    }
    const read = nodeReader(BigInt(size), (tile) => files.get(pathOf(tile)) ?? []);
    const head = { size: BigInt(size), root: rootOf(read, BigInt(size)) };
    expect(head.root).toEqual(rootByDefinition(leaves));
    for (const index of [0, size >> 1, size - 1]) {
      verifyInclusion(
        leaves[index] as Uint8Array,
        { index: BigInt(index), path: proveInclusion(read, BigInt(index), head.size) },
        head,
      );
    }
    expect(() => tileOf(0, BigInt(size), BigInt(size))).toThrow(MalformedError);
  });
});

test("two of three and any of two, both: the quorum of two levels", () => {
  const names = ["X1", "X2", "X3", "Y1", "Y2"];
  const form = jsonOf<{ policy: { accepted: string[] } }>("board", "forms.json").policy.accepted[1] ?? "";
  const policy = readPolicy(bytesOf(form));
  for (let bits = 0; bits < 32; bits++) {
    const some = names.filter((_, index) => (bits >> index) & 1);
    const [left, right] = [some.filter((name) => name < "Y").length >= 2, some.some((name) => name > "Y")];
    const attempt = (): void => verifyQuorum(some, policy);
    if (left && right) {
      attempt();
    } else {
      expect(attempt).toThrow(QuorumError);
    }
  }
  expect(() => verifyQuorum(["X-witnesses", "Y-witnesses", "Y1"], policy)).toThrow(QuorumError);
});
