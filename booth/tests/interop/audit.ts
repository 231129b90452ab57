/** Audits records for a test in another language: a path a line on stdin, a report a line on stdout. */

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Audit } from "../../src/verify/audit.ts";

for await (const path of createInterface({ input: process.stdin })) {
  const audit = new Audit();
  audit.push(new Uint8Array(readFileSync(path)));
  process.stdout.write(`${JSON.stringify(audit.end())}\n`);
}
