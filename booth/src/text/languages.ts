/** All languages of the booth, in the order in which they are offered. */

import { arabic } from "./ar.ts";
import { kurdish } from "./ckb.ts";
import { english } from "./en.ts";
import { persian } from "./fa.ts";
import { french } from "./fr.ts";
import type { Language } from "./language.ts";

export const LANGUAGES: readonly Language[] = [persian, english, arabic, kurdish, french];

/** The first of a reader's languages that we have; English if none. */
export function languageFor(wanted: readonly string[]): Language {
  // A browser that is set to Kurdish without saying which is more often read in Sorani here.
  const codes = wanted.map((code) => (code.toLowerCase().split("-")[0] ?? "").replace(/^ku$/, "ckb"));
  const found = codes.map((code) => LANGUAGES.find((language) => language.code === code));
  return found.find((language) => language !== undefined) ?? english;
}
