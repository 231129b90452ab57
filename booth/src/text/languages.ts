/** All languages of the booth, in the order in which they are offered. */

import { english } from "./en.ts";
import { persian } from "./fa.ts";
import type { Language } from "./language.ts";

export const LANGUAGES: readonly Language[] = [english, persian];

/** The first of a reader's languages that we have; English if none. */
export function languageFor(wanted: readonly string[]): Language {
  const codes = wanted.map((code) => code.toLowerCase().split("-")[0] ?? "");
  const found = codes.map((code) => LANGUAGES.find((language) => language.code === code));
  return found.find((language) => language !== undefined) ?? english;
}
