/** The shared vectors, as files. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Audit } from "../../src/verify/audit.ts";
import type { Report } from "../../src/verify/report.ts";

export const REPOSITORY = join(import.meta.dirname, "../../..");
export const VECTORS = join(REPOSITORY, "vectors");

/** A JSON file's content, which the caller says the type of. */
export function jsonOf<Type>(...path: readonly string[]): Type {
  return JSON.parse(readFileSync(join(VECTORS, ...path), "utf-8")) as Type;
}

/** The one archive in a vector's folder. */
export function recordOf(...path: readonly string[]): Uint8Array {
  const folder = join(VECTORS, ...path);
  const name = readdirSync(folder).find((file) => file.endsWith(".bel") || file.endsWith(".bel.gz"));
  if (name === undefined) {
    throw new Error(`no archive in ${folder}`);
  }
  const content = readFileSync(join(folder, name));
  return new Uint8Array(name.endsWith(".gz") ? gunzipSync(content) : content);
}

/** The report on these bytes. */
export function audited(record: Uint8Array): Report {
  const audit = new Audit();
  audit.push(record);
  return audit.end();
}

/** The checks that failed. */
export function failedOf(report: Report): string[] {
  return [...report.results.values()].filter(({ status }) => status === "failed").map(({ check }) => check.id);
}
