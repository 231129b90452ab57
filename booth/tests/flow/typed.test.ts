import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCharacters, readTyped, withDashes } from "../../src/flow/typed.ts";

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const characters = fc.array(fc.constantFrom(...BASE58), { minLength: 22, maxLength: 22 }).map((list) => list.join(""));
/** The Persian keyboard of X, key by key. */
const PERSIAN = new Map(
  "qض wص eث rق tف yغ uع iه oخ pح aش sس dی fب gل hا jت kن zظ xط cز vر bذ nد mپ 1۱ 2۲ 3۳ 4۴ 5۵ 6۶ 7۷ 8۸ 9۹"
    .split(" ")
    .map((pair) => [pair.charAt(0), pair.slice(1)]),
);
const groupAt = (index: number): number => (index < 5 ? 1 : index < 11 ? 2 : index < 16 ? 3 : 4);

describe("a typed credential", () => {
  it("is read with and without dashes, blanks and check characters", () => {
    fc.assert(
      fc.property(characters, (text) => {
        const read = { kind: "credential", text: withDashes(text) };
        const printed = `${withDashes(text)} ${checkCharacters(text)}`;
        expect(readTyped(printed)).toEqual({ ...read, checked: true });
        expect(readTyped(` ${text.slice(0, 9)}  ${text.slice(9)}\n`)).toEqual({ ...read, checked: false });
        expect(readTyped(printed.replaceAll("-", "–"))).toEqual({ ...read, checked: true });
      }),
    );
  });

  it("has the check characters that the registrar's program prints", () => {
    // From psephos.protocol.credentials.with_check.
    expect(checkCharacters("abcdeFGHJKLmnopq23456Z")).toBe("MK");
    expect(checkCharacters("1111111111111111111111")).toBe("11");
    expect(checkCharacters("2111111111111111111111")).toBe("22");
    expect(checkCharacters("1111111111111111111112")).toBe("2P");
  });

  it("with one wrong character is refused, and its group named", () => {
    fc.assert(
      fc.property(characters, fc.nat(21), fc.constantFrom(...BASE58), (text, index, wrong) => {
        fc.pre(text.charAt(index) !== wrong);
        const typed = `${text.slice(0, index)}${wrong}${text.slice(index + 1)}${checkCharacters(text)}`;
        expect(readTyped(typed)).toEqual({ kind: "group", group: groupAt(index) });
      }),
    );
  });

  it("with two characters swapped is refused", () => {
    fc.assert(
      fc.property(characters, fc.nat(20), (text, index) => {
        const [first, second] = [text.charAt(index), text.charAt(index + 1)];
        fc.pre(first !== second);
        const typed = `${text.slice(0, index)}${second}${first}${text.slice(index + 2)}${checkCharacters(text)}`;
        expect(readTyped(typed)).toEqual({ kind: "swapped" });
      }),
    );
  });

  it("whose check characters have an o is not read as if that were a zero", () => {
    // Of 22 characters whose check has a zero, with an o in its place: a mistake, and not to be forgiven.
    const text = "1111111111111111111111";
    const values = [...Array(58).keys()].map((value) => `${text.slice(0, 21)}${BASE58.charAt(value)}`);
    const zero = values.filter((one) => checkCharacters(one).includes("0"));
    expect(zero.length).toBeGreaterThan(0);
    for (const one of zero) {
      expect(readTyped(`${one}${checkCharacters(one).replaceAll("0", "o")}`).kind).not.toBe("credential");
      expect(readTyped(`${one}${checkCharacters(one).replaceAll("0", "O")}`)).toMatchObject({ kind: "credential" });
    }
  });
});

describe("a credential typed with other signs", () => {
  it("on a Persian keyboard is the same one", () => {
    const lower = fc
      .array(fc.constantFrom(..."123456789abcdefghijkmnopqrstuvwxyz"), { minLength: 22, maxLength: 22 })
      .map((list) => list.join(""));
    fc.assert(
      fc.property(lower, (text) => {
        const printed = `${text}${checkCharacters(text)}`;
        const typed = [...printed].map((character) => PERSIAN.get(character) ?? character).join("");
        const read = readTyped(typed);
        // Few of them fit two readings, and are then not guessed.
        expect(read.kind === "keyboard" || (read.kind === "credential" && read.text === withDashes(text))).toBe(true);
      }),
    );
    expect(readTyped("شذزیث-ب۲۳۴۵۶-ضصثقف-صسط۷۸۹")).toEqual({
      kind: "credential",
      text: "abcde-f23456-qwert-wsx789",
      checked: false,
    });
  });

  it("with 0, O, I or l for what it looks like is read with the check characters, and not guessed without", () => {
    const text = "1oiab1oiab1oiab1oiab1o";
    const copied = text.replaceAll("o", "0").replaceAll("1", "l");
    const check = checkCharacters(text);
    expect(readTyped(copied + check)).toEqual({ kind: "credential", text: withDashes(text), checked: true });
    expect(readTyped(copied)).toEqual({ kind: "character", group: 1 });
  });

  it("too short or with other signs says so", () => {
    expect(readTyped("abc")).toEqual({ kind: "incomplete", have: 3 });
    expect(readTyped("")).toEqual({ kind: "incomplete", have: 0 });
    expect(readTyped("abcde-f?hijk")).toEqual({ kind: "character", group: 2 });
  });

  it("never takes another credential for the one typed", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40, unit: "grapheme" }), (typed) => {
        const read = readTyped(typed);
        expect(read.kind !== "credential" || read.text.length === 25).toBe(true);
      }),
    );
  });
});
