/** A tree that a checkpoint speaks of, read through the tiles that proofs need; nothing in a tile is believed. */

import {
  hashLeaf,
  hashNode,
  type Inclusion,
  type NodeReader,
  proveInclusion,
  rootOf,
  type TreeHead,
  verifyConsistency,
  verifyInclusion,
} from "../board/merkle.ts";
import { FULL, nodeReader, pathOf, readTile, type Tile } from "../board/tiles.ts";
import { PsephosError, UnavailableError } from "../errors.ts";
import type { Files } from "./files.ts";

const TILE_SIZE = FULL * 32;
const LARGEST_BUNDLE = FULL * 65_537;

/** A tile that a computation asked for and that has not been fetched. */
class Missing extends Error {
  readonly tile: Tile;

  constructor(tile: Tile) {
    super("a tile is missing");
    this.tile = tile;
  }
}

export class Tree {
  readonly head: TreeHead;
  readonly #files: Files;
  readonly #tiles = new Map<string, readonly Uint8Array[]>();

  constructor(files: Files, head: TreeHead) {
    this.#files = files;
    this.head = head;
  }

  /** Compute something from nodes, fetching the tiles that it turns out to need. */
  async compute<T>(make: (read: NodeReader) => T): Promise<T> {
    const read = nodeReader(this.head.size, (tile) => {
      const hashes = this.#tiles.get(pathOf(tile));
      if (hashes === undefined) {
        throw new Missing(tile);
      }
      return hashes;
    });
    for (;;) {
      try {
        return make(read);
      } catch (error) {
        if (!(error instanceof Missing)) {
          throw error;
        }
        await this.#fetch(error.tile);
      }
    }
  }

  async #fetch(tile: Tile): Promise<void> {
    const options = { limit: TILE_SIZE };
    // > a partial tile may be gone once the full one is there
    const bytes = (await this.#files.get(pathOf(tile), options)) ?? (await this.#whole(tile, options));
    if (bytes === undefined) {
      throw new UnavailableError("a tile of the tree is missing", { at: pathOf(tile) });
    }
    this.#tiles.set(pathOf(tile), readTile(bytes.subarray(0, tile.width * 32), tile));
  }

  async #whole(tile: Tile, options: { readonly limit: number }): Promise<Uint8Array | undefined> {
    return tile.width === FULL ? undefined : await this.#files.get(pathOf({ ...tile, width: FULL }), options);
  }

  /** The audit path of an entry. */
  async inclusion(index: bigint): Promise<Inclusion> {
    return { index, path: await this.compute((read) => proveInclusion(read, index, this.head.size)) };
  }

  /**
   * Check that an entry stands in the tree.
   *
   * @throws {InvalidProofError} If it does not.
   */
  async verify(index: bigint, entry: Uint8Array): Promise<Inclusion> {
    const inclusion = await this.inclusion(index);
    verifyInclusion(hashLeaf(entry), inclusion, this.head);
    return inclusion;
  }

  /**
   * Check that the tree continues an older one.
   *
   * @throws {InvalidProofError} If it does not.
   */
  async verifyContinues(old: TreeHead): Promise<void> {
    verifyConsistency(old, this.head, await this.consistency(old.size));
  }

  /** The proof that the first entries of the tree are those of an older one (RFC 6962 §2.1.2). */
  async consistency(old: bigint): Promise<readonly Uint8Array[]> {
    return await this.compute((read) => proveConsistency(read, old, this.head.size));
  }

  /** The root that the tree had at a smaller size, as its own tiles have it. */
  async rootAt(size: bigint): Promise<Uint8Array> {
    return await this.compute((read) => rootOf(read, size));
  }

  /**
   * The first entries of a bundle.
   *
   * @param enough - Whether these suffice: then the rest of the bundle is not waited for.
   */
  async entries(index: bigint, enough?: (entries: readonly Uint8Array[]) => boolean): Promise<readonly Uint8Array[]> {
    const left = this.head.size - index * BigInt(FULL);
    const bundle: Tile = { level: "entries", index, width: left > BigInt(FULL) ? FULL : Number(left) };
    const options = {
      limit: LARGEST_BUNDLE,
      ...(enough === undefined ? {} : { enough: (bytes: Uint8Array) => enough(entriesIn(bytes, bundle.width)) }),
    };
    const bytes = (await this.#files.get(pathOf(bundle), options)) ?? (await this.#wholeBundle(bundle, options));
    if (bytes === undefined) {
      throw new UnavailableError("entries are missing", { at: pathOf(bundle) });
    }
    return entriesIn(bytes, bundle.width);
  }

  /**
   * One entry, which stands in the tree.
   *
   * @throws {InvalidProofError} If what is shown at its place does not.
   */
  async entry(index: bigint): Promise<Uint8Array> {
    const at = Number(index % BigInt(FULL));
    const entries = await this.entries(index / BigInt(FULL), (some) => some.length > at);
    const entry = entries[at] ?? new Uint8Array();
    await this.verify(index, entry);
    return entry;
  }

  async #wholeBundle(bundle: Tile, options: Parameters<Files["get"]>[1]): Promise<Uint8Array | undefined> {
    return bundle.width === FULL ? undefined : await this.#files.get(pathOf({ ...bundle, width: FULL }), options);
  }
}

/** The whole entries at the beginning of a bundle's bytes. */
function entriesIn(bytes: Uint8Array, width: number): readonly Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at + 2 <= bytes.length && entries.length < width) {
    const end = at + 2 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
    if (end > bytes.length) {
      break;
    }
    entries.push(bytes.slice(at + 2, end));
    at = end;
  }
  return entries;
}

/** PROOF(m, D[n]) of RFC 6962 §2.1.2. */
function proveConsistency(read: NodeReader, old: bigint, size: bigint): readonly Uint8Array[] {
  if (old === 0n || old >= size) {
    return [];
  }
  const parts: (readonly [bigint, bigint])[] = [];
  let [start, end] = [0n, size];
  while (end !== old) {
    const middle = start + splitOf(end - start);
    if (old <= middle) {
      parts.push([middle, end]);
      end = middle;
    } else {
      parts.push([start, middle]);
      start = middle;
    }
  }
  if (start > 0n) {
    parts.push([start, end]);
  }
  return parts.reverse().map(([from, to]) => rangeHash(read, from, to));
}

function rangeHash(read: NodeReader, start: bigint, end: bigint): Uint8Array {
  const length = end - start;
  if ((length & (length - 1n)) === 0n) {
    const level = length.toString(2).length - 1;
    return read(level, start >> BigInt(level));
  }
  const middle = start + splitOf(length);
  return hashNode(rangeHash(read, start, middle), rangeHash(read, middle, end));
}

/** The largest power of two smaller than n. */
function splitOf(n: bigint): bigint {
  return 1n << BigInt((n - 1n).toString(2).length - 1);
}

/** Whether an error says that something is wrong, and not only that it could not be had. */
export function isProof(error: unknown): error is PsephosError {
  return error instanceof PsephosError && !(error instanceof UnavailableError);
}
