/**
 * The `.bel` archive: records of an election, one after the other (specification §4.4, as of Belenios 3.3).
 *
 * A record is a header of 512 bytes in the manner of tar, and its content filled up with zeros to a multiple
 * of 512. The first is `BELENIOS`, the others are named by the SHA-256 of their content. There is no end mark.
 * Bytes are pushed in as they come, so that an archive need not be held.
 */

import { utf8ToBytes } from "@noble/hashes/utils.js";
import { MalformedError, UnsupportedError } from "../errors.ts";
import { readFields, readJson, readText, sha256Hex } from "../protocol/encoding.ts";

const BLOCK = 512;
const FIRST = "BELENIOS";
const NAME = /^([0-9a-f]{64})\.(data|event)\.json$/;
const LARGEST = 1 << 29;

/** One record. */
export interface ArchiveRecord {
  readonly kind: "data" | "event";
  /** The SHA-256 that its name promises. */
  readonly digest: string;
  /** Where its header starts. */
  readonly offset: number;
  readonly content: Uint8Array;
  /** Whether the content's hash is the name's. */
  readonly intact: boolean;
}

interface Header {
  readonly name: string;
  readonly size: number;
  readonly timestamp: number;
}

/** The one header of a record. */
export function writeHeader({ name, size, timestamp }: Header): Uint8Array {
  const header = new Uint8Array(BLOCK);
  const octal = (number: number, digits: number): string => number.toString(8).padStart(digits, "0");
  const fields = `0000644\0${"0000000\0".repeat(2)}${octal(size, 11)}\0${octal(timestamp, 11)}\0`;
  header.set(utf8ToBytes(name));
  // While the checksum is computed its own eight places are blanks.
  header.set(utf8ToBytes(`${fields}${" ".repeat(8)}0`), 100);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.set(utf8ToBytes(`${octal(checksum, 6)}\0 `), 148);
  return header;
}

/** A record with that content. */
export function writeRecord(kind: "data" | "event", content: Uint8Array, timestamp: number): Uint8Array {
  const name = `${sha256Hex(content)}.${kind}.json`;
  const record = new Uint8Array(BLOCK + padded(content.length));
  record.set(writeHeader({ name, size: content.length, timestamp }));
  record.set(content, BLOCK);
  return record;
}

/** Reads an archive from pieces of any length. */
export class ArchiveReader {
  #held = new Uint8Array(0);
  #offset = 0;
  #timestamp: number | undefined;

  /**
   * The records that are complete with these bytes.
   *
   * @throws {UnsupportedError} If this is not a Belenios archive, or one of another version.
   * @throws {MalformedError} If a header or its filling is not in its one form.
   */
  *push(bytes: Uint8Array): Generator<ArchiveRecord> {
    this.#held = concatenate(this.#held, bytes);
    for (let record = this.#next(); record !== undefined; record = this.#next()) {
      if (record !== "first") {
        yield record;
      }
    }
  }

  /**
   * Say that no more bytes come.
   *
   * @throws {UnsupportedError} If this is not a Belenios archive.
   * @throws {MalformedError} If the last record is cut off.
   */
  end(): void {
    if (this.#timestamp === undefined) {
      this.#requireArchive(true);
    }
    if (this.#held.length > 0 || this.#timestamp === undefined) {
      throw new MalformedError("the archive is cut off", { at: `byte ${this.#offset}` });
    }
  }

  #requireArchive(complete: boolean): void {
    const start = String.fromCharCode(...this.#held.subarray(0, FIRST.length));
    if (!FIRST.startsWith(start) || (complete && start !== FIRST)) {
      throw new UnsupportedError("this is not a Belenios archive", { at: "byte 0" });
    }
  }

  #next(): ArchiveRecord | "first" | undefined {
    if (this.#timestamp === undefined) {
      this.#requireArchive(false);
    }
    if (this.#held.length < BLOCK) {
      return undefined;
    }
    const header = readHeader(this.#held.subarray(0, BLOCK), this.#offset);
    const length = BLOCK + padded(header.size);
    if (this.#held.length < length) {
      return undefined;
    }
    const content = this.#held.slice(BLOCK, BLOCK + header.size);
    const filling = this.#held.subarray(BLOCK + header.size, length);
    const offset = this.#offset;
    if (filling.some((byte) => byte !== 0)) {
      throw new MalformedError("the filling after a record is not zero", { at: `byte ${offset}` });
    }
    this.#held = this.#held.subarray(length);
    this.#offset += length;
    return this.#timestamp === undefined ? this.#first(header, content) : this.#record(header, content, offset);
  }

  #first(header: Header, content: Uint8Array): "first" {
    if (header.name !== FIRST) {
      throw new MalformedError("not the first record of an archive", { at: "byte 0" });
    }
    const fields = readFields(readJson(content, "archive header"), "", ["version", "timestamp"]);
    if (fields.count("version") !== 1) {
      throw new UnsupportedError("an archive of another version", { at: `byte ${BLOCK}` });
    }
    // 3.3 writes the time as a text, 2.0 as a number.
    const timestamp = fields.value("timestamp");
    const text = typeof timestamp === "number" ? timestamp.toString() : readText(timestamp, "/timestamp");
    if (text !== header.timestamp.toString()) {
      throw new MalformedError("the archive's two timestamps differ", { at: `byte ${BLOCK}` });
    }
    this.#timestamp = header.timestamp;
    return "first";
  }

  #record({ name, timestamp }: Header, content: Uint8Array, offset: number): ArchiveRecord {
    const [, digest, kind] = NAME.exec(name) ?? [];
    if (digest === undefined || timestamp !== this.#timestamp) {
      throw new MalformedError("not the name or time of a record", { at: `byte ${offset}` });
    }
    const intact = sha256Hex(content) === digest;
    return { kind: kind === "data" ? "data" : "event", digest, offset, content, intact };
  }
}

function readHeader(header: Uint8Array, offset: number): Header {
  const text = String.fromCharCode(...header);
  const found = /^([\x21-\x7e]+)\0/.exec(text.slice(0, 100));
  const [size, timestamp] = [text.slice(124, 135), text.slice(136, 147)].map((digits) =>
    /^[0-7]{11}$/.test(digits) ? Number.parseInt(digits, 8) : -1,
  ) as [number, number];
  const read = { name: found?.[1] ?? "", size, timestamp };
  const written = size >= 0 && timestamp >= 0 ? writeHeader(read) : undefined;
  if (written === undefined || written.some((byte, index) => byte !== header[index])) {
    throw new MalformedError("not a record's header", { at: `byte ${offset}` });
  }
  if (size > LARGEST) {
    throw new UnsupportedError("a record of more than 512 MB", { at: `byte ${offset}` });
  }
  return read;
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
