/**
 * tlog-tiles (c2sp.org/tlog-tiles, v0.1.0): where a log's hashes and entries lie.
 *
 * > tile/<L>/<N>[.p/<W>] and tile/entries/<N>[.p/<W>]; a full tile has 256 hashes; an entry has at most 65,535 bytes.
 */

import { InvalidProofError, MalformedError } from "../errors.ts";
import { HASH_SIZE, hashLeaf, hashNode, LARGEST_SIZE, type NodeReader, sameBytes } from "./merkle.ts";

const HEIGHT = 8;
export const FULL = 256;
const MOST_LEVELS = 63;
const PATH = /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** A tile of hashes, or the bundle of entries below one of level 0. */
export interface Tile {
  readonly level: number | "entries";
  readonly index: bigint;
  /** How many it has; less than 256 at the right edge of a tree. */
  readonly width: number;
}

/** The one path of a tile. */
export function pathOf({ level, index, width }: Tile): string {
  const digits = index.toString();
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.../g) ?? [];
  const place = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
  return `tile/${level}/${place}${width < FULL ? `.p/${width}` : ""}`;
}

/**
 * Read a path.
 *
 * @throws {MalformedError} If it names no tile.
 */
export function readPath(path: string): Tile {
  const [, level, place, partial] = PATH.exec(path) ?? [];
  if (level === undefined || place === undefined) {
    throw new MalformedError("not the path of a tile");
  }
  const tile: Tile = {
    level: level === "entries" ? level : Number(level),
    index: BigInt(place.replaceAll(/[x/]/g, "")),
    width: partial === undefined ? FULL : Number(partial),
  };
  const possible = tile.level === "entries" || tile.level <= MOST_LEVELS;
  if (!possible || tile.index > LARGEST_SIZE / BigInt(FULL) || pathOf(tile) !== path) {
    throw new MalformedError("not the path of a tile");
  }
  return tile;
}

/** The tiles of a tree of that size: full ones, then the partial one, level by level. */
export function* tilesOf(size: bigint): Generator<Tile> {
  let level = 0;
  for (let count = size; count > 0n; count >>= BigInt(HEIGHT)) {
    const full = count >> BigInt(HEIGHT);
    for (let index = 0n; index < full; index++) {
      yield { level, index, width: FULL };
    }
    const width = Number(count % BigInt(FULL));
    if (width > 0) {
      yield { level, index: full, width };
    }
    level += 1;
  }
}

/** The tile that holds a hash of a level in a tree of that size. */
export function tileOf(level: number, index: bigint, size: bigint): Tile {
  const tileIndex = index >> BigInt(HEIGHT);
  const count = size >> BigInt(HEIGHT * level);
  const left = count - tileIndex * BigInt(FULL);
  if (index < 0n || index >= count) {
    throw new MalformedError("the tree has no such hash");
  }
  return { level, index: tileIndex, width: left > BigInt(FULL) ? FULL : Number(left) };
}

/** The hashes of a tile. */
export function readTile(bytes: Uint8Array, { width }: Tile): readonly Uint8Array[] {
  if (bytes.length !== width * HASH_SIZE) {
    throw new MalformedError("a tile of another length");
  }
  return Array.from({ length: width }, (_, index) => bytes.slice(index * HASH_SIZE, (index + 1) * HASH_SIZE));
}

/** The entries of a bundle. */
export function readBundle(bytes: Uint8Array, { width }: Tile): readonly Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && entries.length < width) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const end = at + 2 + length;
    if (at + 2 > bytes.length || end > bytes.length) {
      break;
    }
    entries.push(bytes.slice(at + 2, end));
    at = end;
  }
  if (entries.length !== width || at !== bytes.length) {
    throw new MalformedError("not a bundle of so many entries");
  }
  return entries;
}

/**
 * Check that a bundle's entries are those of its tile.
 *
 * @throws {InvalidProofError} If one is not; `at` says which entry of the log.
 */
export function verifyBundle(entries: readonly Uint8Array[], hashes: readonly Uint8Array[], bundle: Tile): void {
  if (entries.length !== hashes.length) {
    throw new InvalidProofError("not as many entries as hashes");
  }
  for (const [index, entry] of entries.entries()) {
    const hash = hashes[index];
    if (hash === undefined || !sameBytes(hashLeaf(entry), hash)) {
      const at = `entry ${bundle.index * BigInt(FULL) + BigInt(index)}`;
      throw new InvalidProofError("not the entry that is in the tree", { at });
    }
  }
}

/** Reads nodes of a tree through its tiles. It trusts them: check what is built against a signed root. */
export function nodeReader(size: bigint, read: (tile: Tile) => readonly Uint8Array[]): NodeReader {
  return (level, index) => {
    const [tileLevel, above] = [Math.floor(level / HEIGHT), level % HEIGHT];
    const width = 1 << above;
    const first = index * BigInt(width);
    const hashes = read(tileOf(tileLevel, first + BigInt(width) - 1n, size));
    const start = Number(first % BigInt(FULL));
    let row = hashes.slice(start, start + width);
    if (row.length !== width) {
      throw new MalformedError("a tile that is too short");
    }
    while (row.length > 1) {
      row = row.flatMap((hash, at) => (at % 2 === 0 ? [hashNode(hash, row[at + 1] as Uint8Array)] : []));
    }
    return row[0] as Uint8Array;
  };
}
