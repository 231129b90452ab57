/** Reads votes for a test in another language: a board's folder a line on stdin, what the page would say a line on stdout. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { RefusedError, readVote } from "../../src/flow/reading.ts";

async function read(folder: string): Promise<object> {
  const get = (path: string): Promise<Uint8Array | undefined> => {
    const file = join(folder, path);
    return Promise.resolve(existsSync(file) ? new Uint8Array(readFileSync(file)) : undefined);
  };
  try {
    const { charter, definition, log, ended = "", fingerprint, closed, listed } = (await readVote({ get })).vote;
    const known = { charter, definition: definition?.fingerprint ?? "", log, ended, fingerprint };
    return { reason: "", ...known, closed, listed: listed?.size ?? null };
  } catch (error) {
    if (error instanceof RefusedError) {
      return error.refusal;
    }
    throw error;
  }
}

for await (const folder of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await read(folder))}\n`);
}
