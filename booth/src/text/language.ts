/** A language of the booth: every visible word, and how its numbers and dates are written. */

import type { en } from "./en.ts";

type Words<T> = { readonly [K in keyof T]: T[K] extends string ? string : Words<T[K]> };

/** Every visible word. A language that lacks one does not compile. */
export type Text = Words<typeof en>;

export interface Language {
  /** BCP 47. */
  readonly code: string;
  /** As its speakers write it. */
  readonly name: string;
  readonly direction: "ltr" | "rtl";
  /** Locale of numbers. */
  readonly numbers: string;
  /** Locale of dates, calendar included. */
  readonly dates: string;
  /** Whether the browser knows the names of its months. */
  readonly months: "long" | "2-digit";
  /** The native speaker who has read the text and answers for it; empty: nobody has. */
  readonly reviewer: string;
  readonly text: Text;
}

export type Value = string | number | Node;

const HOLE = /\{([a-z]+)\}/;

/** The names in braces in a text. */
export function holesOf(text: string): readonly string[] {
  return [...text.matchAll(/\{([a-z]+)\}/g)].map(([, name = ""]) => name);
}

/**
 * A text in pieces: its own words, and between them what stands for its holes.
 *
 * @throws {Error} If a value is missing: a fault of this program.
 */
export function piecesOf<T>(text: string, values: { readonly [name: string]: T }): readonly (string | T)[] {
  return text.split(new RegExp(HOLE, "g")).map((piece, index) => {
    if (index % 2 === 0) {
      return piece;
    }
    const value = values[piece];
    if (value === undefined) {
      throw new Error(`no value for {${piece}}`);
    }
    return value;
  });
}

/** A number in the language's digits. */
export function numberIn(language: Language, value: number): string {
  return new Intl.NumberFormat(language.numbers, { useGrouping: value >= 10_000 }).format(value);
}

/** A moment, in the time zone of the device, which is named. */
export function timeIn(language: Language, seconds: number): string {
  const day = { weekday: "long", day: "numeric", month: language.months, year: "numeric" } as const;
  const options = { ...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" } as const;
  const parts = new Intl.DateTimeFormat(language.dates, options).formatToParts(seconds * 1000);
  const values = Object.fromEntries(parts.map(({ type, value }) => [type.toLowerCase(), value]));
  return piecesOf<string>(language.text.page.time, { ...values, zone: values["timezonename"] ?? "" }).join("");
}
