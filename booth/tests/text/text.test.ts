import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { english } from "../../src/text/en.ts";
import { holesOf, numberIn, piecesOf, timeIn } from "../../src/text/language.ts";
import { LANGUAGES, languageFor } from "../../src/text/languages.ts";

type Tree = { readonly [name: string]: string | Tree };

/** Every text by its path. */
function flat(tree: Tree, path = ""): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([name, value]): (readonly [string, string])[] =>
      typeof value === "string" ? [[`${path}${name}`, value]] : [...flat(value, `${path}${name}.`)],
    ),
  );
}

const TEXTS = flat(english.text);

describe.each(LANGUAGES)("$code", (language) => {
  const texts = flat(language.text);

  it("has every text, and none is empty", () => {
    expect([...texts.keys()].sort()).toEqual([...TEXTS.keys()].sort());
    expect([...texts].filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  it("has no brace that is not a hole", () => {
    const left = [...texts].filter(([, text]) => /[{}]/.test(text.replace(/\{[a-z]+\}/g, "")));
    expect(left).toEqual([]);
  });

  it("has the same holes in every text", () => {
    for (const [path, text] of [...texts].filter(([name]) => name !== "page.time")) {
      expect([path, ...[...holesOf(text)].sort()]).toEqual([path, ...[...holesOf(TEXTS.get(path) ?? "")].sort()]);
    }
  });

  it("writes a whole time, with words for weekdays and months only where browsers know them", () => {
    const holes = holesOf(language.text.page.time);
    const words = language.months === "long" ? ["weekday"] : [];
    expect([...holes].sort()).toEqual(["day", "hour", "minute", "month", "year", "zone", ...words].sort());
  });

  it("repeats no English sentence", () => {
    const same = [...texts].filter(([path, text]) => text.includes(" ") && text === TEXTS.get(path));
    expect(language.code === "en" ? [] : same.map(([path]) => path).filter((path) => path !== "page.time")).toEqual([]);
  });

  it("writes its script", () => {
    const arabic = /\p{Script=Arabic}/u;
    for (const [path, text] of texts) {
      const bare = text.replace(/\{[a-z]+\}/g, "");
      expect([path, arabic.test(bare)]).toEqual([path, language.direction === "rtl" && /\p{L}/u.test(bare)]);
    }
  });

  it("writes numbers and times in its own digits", () => {
    expect(/[0-9]/.test(numberIn(language, 1_234_567))).toBe(language.direction === "ltr");
    const time = timeIn(language, 1_795_799_106);
    expect(time).not.toMatch(/undefined|\{/);
    expect(/[0-9]/.test(time)).toBe(language.direction === "ltr");
  });

  it("has a name of its own", () => {
    expect(language.name).not.toBe("");
    expect(LANGUAGES.filter(({ code, name }) => code === language.code || name === language.name)).toHaveLength(1);
  });
});

it("A text without a value for a hole is a fault.", () => {
  expect(piecesOf("a {b} c", { b: 1 })).toEqual(["a ", 1, " c"]);
  expect(() => piecesOf("a {b} c", {})).toThrow("{b}");
});

it("The first of a reader's languages that we have is taken.", () => {
  expect(languageFor(["xx", "fa-IR", "en"]).code).toBe("fa");
  expect(languageFor(["xx"]).code).toBe("en");
});

it("Every text is used by a screen or the build.", () => {
  const folder = join(import.meta.dirname, "..", "..");
  const names = ["before", "beside", "casting", "choosing", "page", "parts"].map((name) => `src/screens/${name}.ts`);
  const sources = [...names, "scripts/build.mjs", "src/text/language.ts"]
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
  const byReason = [
    "network",
    "quorum",
    "charter",
    "other",
    "tree",
    "setup",
    "acceptance",
    "definition",
    "standby",
    "unsupported",
  ]
    .map((reason) => `refused.${reason}`)
    .concat(["turn", "listed", "unfounded", "often", "busy", "other", "receipt"].map((reason) => `rejected.${reason}`))
    .concat(["yes", "no", "report"].map((document) => `vote.${document}`));
  const unused = [...TEXTS.keys()].filter((path) => {
    const name = path.split(".").at(-1) ?? "";
    return !new RegExp(`\\b${name}\\b`).test(sources) && !byReason.includes(path);
  });
  expect(unused).toEqual([]);
});
