/**
 * `npm run verify -- RECORD.bel`: the second verifier of records.
 *
 * Exit code: 0 verified, 1 verified false, 2 usage, 3 could not verify.
 */

import { createReadStream } from "node:fs";
import { Audit } from "../verify/audit.ts";
import type { Failure, Report, Verdict } from "../verify/report.ts";

const USAGE = "usage: npm run verify -- [--json] RECORD.bel";
const EXIT: { readonly [verdict in Verdict]: number } = { verified: 0, "verified false": 1, "could not verify": 3 };
const MARKS = { passed: "✓", failed: "✗", unsupported: "?", "not run": "–" } as const;
const PIECE = 1 << 20;

function words({ message, at, culprit }: Failure): string {
  return `${culprit === "" ? "" : `${culprit}: `}${message}${at === "" ? "" : ` [${at}]`}`;
}

/** Text from a record may hold anything: nothing of it reaches the terminal as a control character. */
function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "\ufffd");
}

function linesOf(report: Report): string[] {
  const { name, uuid, group, fingerprint } = report.election;
  const lines =
    fingerprint === undefined ? [] : [`${name}`, `election ${uuid} · ${group}`, `fingerprint ${fingerprint}`, ""];
  for (const { check, status, examined, failures, findings, reason } of report.results.values()) {
    const extra = status === "not run" ? ` – ${reason}` : examined > 1 ? ` (${examined})` : "";
    lines.push(`${MARKS[status]} ${check.id.padEnd(3)} ${check.title}${extra}`);
    lines.push(...failures.map((failure) => `      ${words(failure)}`));
    lines.push(...findings.map((finding) => `      note: ${words(finding)}`));
  }
  lines.push("", `${report.voters} credentials, ${report.ballots} ballots, ${report.counted} counted`);
  for (const [index, { question, answers }] of report.questions.entries()) {
    const counts = report.result?.[index];
    if (counts !== undefined) {
      lines.push("", question, ...answers.map((answer, at) => `  ${String(counts[at]).padStart(9)}  ${answer}`));
    }
  }
  return [...lines, "", `${report.verdict.toUpperCase()} — phase “${report.phase}”, last event ${report.head}`];
}

async function verify(path: string): Promise<Report> {
  const audit = new Audit();
  for await (const piece of createReadStream(path, { highWaterMark: PIECE })) {
    audit.push(piece as Uint8Array);
  }
  return audit.end();
}

async function main(words: readonly string[]): Promise<number> {
  const paths = words.filter((word) => word !== "--json");
  const [path] = paths;
  if (path === undefined || paths.length !== 1 || path.startsWith("-")) {
    console.error(USAGE);
    return 2;
  }
  try {
    const report = await verify(path);
    const json = words.includes("--json");
    console.log(json ? JSON.stringify(report, undefined, 2) : linesOf(report).map(harmless).join("\n"));
    return EXIT[report.verdict];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`error[unavailable]: the record could not be read: ${harmless(reason)}`);
    return 3;
  }
}

process.exitCode = await main(process.argv.slice(2));
