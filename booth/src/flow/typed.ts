/**
 * What a voter types: her credential and her tracker, forgiven what can be forgiven without guessing.
 *
 * A credential is 22 characters of base58 in groups of 5, 6, 5 and 6, and two check characters beside it, which say
 * which group was mistyped. The characters 0, O, I and l do not occur in it (0 can in the check): what is meant by
 * them is found out only with the check characters, never assumed without.
 */

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const CHECK = `${BASE58}0`;
const PRIME = CHECK.length;
const LENGTH = 22;
export const GROUP_SIZES = [5, 6, 5, 6] as const;
const MOST_READINGS = 4096;

/**
 * What a keyboard that was left in Persian or Arabic writes for the keys of a Latin one, as pairs: key, character.
 *
 * Several layouts are in use (the Persian ones of X and of Windows, the Arabic one), and they disagree about some
 * characters; so a character can have several readings. The letters that the Arabic keyboard writes for `b` are two.
 */
const LAYOUTS: readonly string[] = [
  "qض wص eث rق tف yغ uع iه oخ pح aش sس dی fب gل hا jت kن zظ xط cز vر bذ nد mپ",
  "Qْ Wٌ Eٍ Rً Tُ Yِ Uَ Jة Aؤ Sئ Dي Fإ Gأ Hآ K» L« Zك Xٓ Cژ Vٰ B\u200c Nٔ Mء P[ ",
  "mئ Qً Wٌ Eٍ R﷼ T، Y؛ Aَ Sُ Dِ Fّ Gۀ Hآ Jـ K« L» Zة Xي Cژ Vؤ Bإ Nأ Mء",
  "dي zئ xء cؤ bلا bﻻ nى mة Qَ Wً Eُ Rٌ Tلإ Yإ Aِ Sٍ Gلأ Hأ Jـ K، Xْ Bلآ Nآ P؛",
];
/** Characters that a credential never has, and what somebody may have meant who copied it. */
const LOOKALIKES = "0o Oo I1 Ii l1 li lL";

type Readings = ReadonlyMap<string, readonly string[]>;

/** Readings of characters that are not base58, by what was typed (one or two characters). */
const READINGS: Readings = readingsOf();

function readingsOf(): Readings {
  const readings = new Map<string, string[]>();
  const add = (typed: string, meant: string): void => {
    readings.set(typed, [...new Set([...(readings.get(typed) ?? []), meant])]);
  };
  for (const pair of LAYOUTS.flatMap((layout) => layout.split(" ")).filter((pair) => pair !== "")) {
    add(pair.slice(1), pair.charAt(0));
  }
  for (const pair of LOOKALIKES.split(" ")) {
    add(pair.charAt(0), pair.slice(1));
  }
  for (let digit = 1; digit <= 9; digit++) {
    add(String.fromCharCode(0x06f0 + digit), String(digit));
    add(String.fromCharCode(0x0660 + digit), String(digit));
  }
  return readings;
}

/** What a typed credential is. */
export type Typed =
  | { readonly kind: "credential"; readonly text: string; readonly checked: boolean }
  | { readonly kind: "incomplete"; readonly have: number }
  | { readonly kind: "character"; readonly group: number }
  | { readonly kind: "group"; readonly group: number }
  | { readonly kind: "swapped" }
  | { readonly kind: "keyboard" };

/** The two check characters of 22 characters: Σ v and Σ i·v modulo 59. */
export function checkCharacters(characters: string): string {
  const values = [...characters].map((character) => BASE58.indexOf(character));
  const plain = values.reduce((sum, value) => sum + value, 0) % PRIME;
  const weighted = values.reduce((sum, value, index) => sum + (index + 1) * value, 0) % PRIME;
  return `${CHECK.charAt(plain)}${CHECK.charAt(weighted)}`;
}

/** 22 characters in their groups. */
export function withDashes(characters: string): string {
  let start = 0;
  return GROUP_SIZES.map((size) => {
    start += size;
    return characters.slice(start - size, start);
  }).join("-");
}

/**
 * Read a credential, or half of one, as it was typed.
 *
 * With check characters, the readings that fit them count; without, there must be only one that needs no guess.
 */
export function readTyped(typed: string): Typed {
  // Dashes of all kinds, blanks, marks of direction.
  const characters = [...typed.replace(/\s|\p{Pd}|_|\p{Cf}/gu, (found) => (found === "\u200c" ? found : ""))];
  const readings = readingsAs(characters);
  if (readings === undefined) {
    return { kind: "keyboard" };
  }
  const whole = readings.filter(({ text }) => text.length === LENGTH || text.length === LENGTH + 2);
  if (whole.length === 0) {
    return problemOf(characters);
  }
  const fitting = new Set(whole.map(({ text }) => text).filter(fitsCheck));
  if (fitting.size === 1) {
    const [text = ""] = fitting;
    return { kind: "credential", text: withDashes(text.slice(0, LENGTH)), checked: true };
  }
  const sure = whole.filter(({ guessed, text }) => !guessed && text.length === LENGTH);
  if (sure.length === 1 && fitting.size === 0) {
    return { kind: "credential", text: withDashes(sure[0]?.text ?? ""), checked: false };
  }
  return mistyped(whole, characters);
}

interface Reading {
  readonly text: string;
  /** Whether a character was taken for a look-alike, or for one of several keys. */
  readonly guessed: boolean;
}

/** Every reading; undefined if they are too many to tell apart. */
function readingsAs(characters: readonly string[]): readonly Reading[] | undefined {
  let readings: (Reading & { readonly end: number })[] = [{ text: "", guessed: false, end: 0 }];
  for (let at = 0; at < characters.length; at++) {
    const next = readings.filter(({ end }) => end > at);
    for (const reading of readings.filter(({ end }) => end === at)) {
      next.push(...continued(reading, characters, at));
    }
    readings = next;
    if (readings.length > MOST_READINGS) {
      return undefined;
    }
  }
  return readings;
}

function continued(
  { text, guessed }: Reading,
  characters: readonly string[],
  at: number,
): (Reading & { readonly end: number })[] {
  const character = characters[at] ?? "";
  const inCheck = text.length >= LENGTH;
  const options: { readonly add: string; readonly length: number; readonly guess: boolean }[] = [];
  if (BASE58.includes(character) || (inCheck && character === "0")) {
    options.push({ add: character, length: 1, guess: false });
  }
  for (const length of [1, 2]) {
    const typed = characters.slice(at, at + length);
    const meant = typed.length === length ? (READINGS.get(typed.join("")) ?? []) : [];
    const guess = meant.length > 1 || LOOKALIKES.includes(character) || length === 2;
    options.push(...meant.map((add) => ({ add, length, guess })));
  }
  // Never for “o”, which is a character itself: two readings of a sure one would let mistakes pass.
  if (inCheck && (character === "O" || character === "۰" || character === "٠")) {
    options.push({ add: "0", length: 1, guess: true });
  }
  if (character === "\u200c") {
    options.push({ add: "", length: 1, guess: false });
  }
  return options.map(({ add, length, guess }) => ({ text: text + add, guessed: guessed || guess, end: at + length }));
}

function fitsCheck(text: string): boolean {
  return text.length === LENGTH + 2 && checkCharacters(text.slice(0, LENGTH)) === text.slice(LENGTH);
}

/** Why there is no reading of the right length. */
function problemOf(characters: readonly string[]): Typed {
  const known = (character: string): boolean => CHECK.includes(character) || READINGS.has(character);
  const strange = characters.findIndex((character) => !known(character) && !/[\u200c\u06f0\u0660]/.test(character));
  if (strange >= 0) {
    return { kind: "character", group: groupOf(strange + 1) };
  }
  return { kind: "incomplete", have: characters.length };
}

/** Which group holds the wrong character, if only one is wrong: i = (ΔΣ i·v) / (ΔΣ v) modulo 59. */
function mistyped(whole: readonly Reading[], characters: readonly string[]): Typed {
  const reading = whole.find(({ guessed, text }) => !guessed && text.length === LENGTH + 2);
  if (reading === undefined) {
    const place = characters.findIndex((character) => "0OIl".includes(character));
    return place >= 0 && place < LENGTH ? { kind: "character", group: groupOf(place + 1) } : { kind: "keyboard" };
  }
  const right = [...checkCharacters(reading.text.slice(0, LENGTH))].map((character) => CHECK.indexOf(character));
  const typed = [...reading.text.slice(LENGTH)].map((character) => CHECK.indexOf(character));
  const [plain, weighted] = right.map((value, index) => (value - (typed[index] ?? 0) + PRIME) % PRIME);
  for (let place = 1; place <= LENGTH && plain !== 0; place++) {
    if ((place * (plain ?? 0)) % PRIME === weighted) {
      return { kind: "group", group: groupOf(place) };
    }
  }
  return { kind: "swapped" };
}

function groupOf(place: number): number {
  let end = 0;
  const index = GROUP_SIZES.findIndex((size) => {
    end += size;
    return place <= end;
  });
  return index < 0 ? GROUP_SIZES.length + 1 : index + 1;
}
