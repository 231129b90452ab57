/**
 * “Is this real?”: compares what somebody pastes, a file, or a picture of a QR code with the result's page.
 *
 * What is given stays on the device. The ballots' fingerprints lie in files beside the page; a page from a disk may load
 * a script and nothing else, so each of them is one that calls `psephosBallots`. A web server sees which is asked for.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { readPicture } from "../page/scanning.ts";
import { piecesOf } from "../text/language.ts";
import { type Found, fileOf, type Known, lookUp, pileOf, placeIn, written } from "./known.ts";

interface TrustedPolicy {
  createScriptURL(url: string): string;
}

const known = JSON.parse(document.getElementById("psephos-result")?.textContent ?? "{}") as Known;
const piles = new Map<string, (pile: string) => void>();
const policy = (
  window as unknown as {
    trustedTypes?: { createPolicy(name: string, rules: TrustedPolicy): TrustedPolicy };
  }
).trustedTypes?.createPolicy("psephos", {
  createScriptURL(url) {
    if (!/^\.\.\/data\/ballots-(?:all|[0-9a-f]{1,3})\.js$/.test(url)) {
      throw new TypeError("not a list of ballots");
    }
    return url;
  },
});

Object.assign(window, {
  psephosBallots(start: string, pile: string): void {
    piles.get(start)?.(pile);
  },
});

function say(name: string, values: { readonly [name: string]: string } = {}): string {
  return piecesOf<string>(known.texts[name] ?? "", values).join("");
}

/** The list of the ballots whose fingerprints begin so; an error if it is not beside the page, or is something else. */
function loaded(start: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const url = `../data/ballots-${start === "" ? "all" : start}.js`;
    piles.set(start, resolve);
    script.addEventListener("error", () => reject(new Error(url)));
    script.addEventListener("load", () => {
      script.remove();
      reject(new Error(url)); // without effect if it was a list: that has resolved it
    });
    script.src = policy?.createScriptURL(url) ?? url;
    document.head.append(script);
  });
}

interface Answer {
  readonly lines: readonly string[];
  readonly good: boolean;
  /** Whether nothing can be said, because the list of ballots is not there. */
  readonly open?: boolean;
}

const missing = (...lines: readonly string[]): Answer => ({ lines, good: false });

async function answerTo(found: Found): Promise<Answer> {
  switch (found.kind) {
    case "print":
      return { lines: found.what.map((what) => say("fingerprint", { what })), good: true };
    case "number":
      return { lines: found.what.map((what) => say("number", { what })), good: true };
    case "not-number":
      return missing(say("not_number"));
    case "bad":
      return missing(say("bad"));
    case "ballot":
      return await ballotAnswer(found.fingerprint);
  }
}

async function ballotAnswer(fingerprint: string): Promise<Answer> {
  let pile: string;
  try {
    pile = await loaded(pileOf(fingerprint, known));
  } catch {
    return { ...missing(say("no_list")), open: true };
  }
  const place = placeIn(pile, fingerprint, known);
  if (place === undefined) {
    return missing(say("not", { size: written(known.size, known) }), say("not_hint"));
  }
  const numbers = { place: written(place, known), all: written(known.ballots.count, known) };
  return { lines: [say("ballot", numbers)], good: true };
}

async function fileAnswer(file: File): Promise<Answer> {
  const digest = await digestOf(file);
  const what = fileOf(digest, known);
  if (what.length > 0) {
    return { lines: what.map((one) => say("same_file", { what: one })), good: true };
  }
  const ballot = await ballotAnswer(digest);
  if (ballot.good) {
    return ballot;
  }
  const picture = file.type.startsWith("image/");
  const text = picture ? await readPicture(file) : undefined;
  if (text !== undefined) {
    const { lines, good } = await answerTo(lookUp(text, known));
    return { lines: [say("qr", { text: `\u2068${text}\u2069` }), ...lines], good };
  }
  const not = ballot.open ? ballot.lines : [say("not_file", { digest }), say("not_hint")];
  return missing(...(picture ? [say("no_qr"), ...not] : not));
}

/** The SHA-256 of a file, which may be as large as a record. */
async function digestOf(file: File): Promise<string> {
  const running = sha256.create();
  const reader = file.stream().getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    running.update(piece.value);
  }
  return bytesToHex(running.digest());
}

function start(form: HTMLFormElement, given: HTMLTextAreaElement, file: HTMLInputElement, found: HTMLElement): void {
  let asked = 0;
  const show = async (answer: Promise<Answer>) => {
    asked += 1;
    const turn = asked;
    found.hidden = false;
    found.className = "note";
    found.textContent = say("working");
    const { lines, good } = await answer;
    if (turn !== asked) {
      return;
    }
    found.className = good ? "note good" : "note missing";
    found.replaceChildren(
      ...lines.map((line) => {
        const paragraph = document.createElement("p");
        paragraph.textContent = line;
        return paragraph;
      }),
    );
    found.scrollIntoView({ block: "nearest" });
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void show(answerTo(lookUp(given.value, known)));
  });
  file.addEventListener("change", () => {
    const [chosen] = file.files ?? [];
    const name = document.getElementById("chosen");
    if (chosen !== undefined && name !== null) {
      name.textContent = chosen.name;
      void show(fileAnswer(chosen));
    }
    file.value = "";
  });
  form.hidden = false;
}

const [form, given, file, found] = ["real", "given", "file", "found"].map((id) => document.getElementById(id));
if (
  form instanceof HTMLFormElement &&
  given instanceof HTMLTextAreaElement &&
  file instanceof HTMLInputElement &&
  found instanceof HTMLElement
) {
  start(form, given, file, found);
}
