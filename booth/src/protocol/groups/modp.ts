/** Subgroups of prime order of a finite field's multiplicative group (specification §5). */

import { MalformedError } from "../../errors.ts";
import type { Element, Group } from "../group.ts";

const DECIMAL = /^[1-9][0-9]*$/;
const MAXIMAL_DIGITS = 617;
const WINDOW = 4n;
const DIGITS = 1 << Number(WINDOW);

interface Parameters {
  readonly name: string;
  readonly p: bigint;
  readonly q: bigint;
}

/** Exponents in windows of four bits, least significant first; always as many as the order needs. */
function windowsOf(exponent: bigint, count: number): number[] {
  const windows: number[] = [];
  for (let rest = exponent; windows.length < count; rest >>= WINDOW) {
    windows.push(Number(rest & 15n));
  }
  return windows;
}

class FieldElement implements Element {
  readonly field: Parameters;
  readonly number: bigint;
  readonly #table: readonly (readonly bigint[])[] | undefined;
  #text: string | undefined;

  constructor(field: Parameters, number: bigint, table?: readonly (readonly bigint[])[]) {
    this.field = field;
    this.number = number;
    this.#table = table;
  }

  get text(): string {
    this.#text ??= this.number.toString();
    return this.#text;
  }

  get isIdentity(): boolean {
    return this.number === 1n;
  }

  times(other: Element): Element {
    return this.#of(this.number * numberOf(other, this.field));
  }

  over(other: Element): Element {
    // The order of the group is q, so x^(q-1) is the inverse of x; public values only.
    return this.times(other.power(this.field.q - 1n));
  }

  equals(other: Element): boolean {
    return this.number === numberOf(other, this.field);
  }

  power(exponent: bigint): Element {
    return this.secretPower(exponent);
  }

  secretPower(exponent: bigint): Element {
    const { p, q } = this.field;
    const windows = windowsOf(exponent, Math.ceil(q.toString(2).length / Number(WINDOW)));
    let product = 1n;
    if (this.#table !== undefined) {
      for (const [index, digit] of windows.entries()) {
        product = (product * (this.#table[index]?.[digit] ?? 1n)) % p;
      }
      return this.#of(product);
    }
    const powers = powersOf(this.number, p);
    for (const digit of windows.reverse()) {
      for (let square = 0n; square < WINDOW; square++) {
        product = (product * product) % p;
      }
      product = (product * (powers[digit] ?? 1n)) % p;
    }
    return this.#of(product);
  }

  prepared(): Element {
    if (this.#table !== undefined) {
      return this;
    }
    const { p, q } = this.field;
    const table: bigint[][] = [];
    let base = this.number;
    for (let bits = q; bits > 0n; bits >>= WINDOW) {
      const powers = powersOf(base, p);
      table.push(powers);
      base = ((powers[DIGITS - 1] ?? 1n) * base) % p;
    }
    return new FieldElement(this.field, this.number, table);
  }

  #of(number: bigint): FieldElement {
    return new FieldElement(this.field, number % this.field.p);
  }
}

/** x⁰ to x¹⁵. */
function powersOf(base: bigint, p: bigint): bigint[] {
  const powers = [1n];
  for (let digit = 1; digit < DIGITS; digit++) {
    powers.push(((powers[digit - 1] ?? 1n) * base) % p);
  }
  return powers;
}

function numberOf(element: Element, field: Parameters): bigint {
  if (!(element instanceof FieldElement) || element.field !== field) {
    throw new TypeError("elements of two groups");
  }
  return element.number;
}

function groupOf(field: Parameters, g: bigint): Group {
  const decodeSum = (text: string, at: string): Element => {
    const number = text.length <= MAXIMAL_DIGITS && DECIMAL.test(text) ? BigInt(text) : field.p;
    if (number >= field.p) {
      throw new MalformedError(`not an element of ${field.name}: a decimal number below p`, { at });
    }
    const element = new FieldElement(field, number);
    if (!element.power(field.q).isIdentity) {
      throw new MalformedError("not an element of the group of prime order", { at });
    }
    return element;
  };
  let prepared: Element | undefined;
  return {
    name: field.name,
    order: field.q,
    get generator(): Element {
      prepared ??= new FieldElement(field, g).prepared();
      return prepared;
    },
    identity: new FieldElement(field, 1n),
    decode(text: string, at: string): Element {
      const element = decodeSum(text, at);
      if (element.isIdentity) {
        throw new MalformedError("the identity, which no honest party can have made", { at });
      }
      return element;
    },
    decodeSum,
  };
}

/** > BELENIOS-2048: optimised for elections that have only homomorphic questions (§5.1). */
export const BELENIOS_2048: Group = groupOf(
  {
    name: "BELENIOS-2048",
    p: BigInt(
      "206947856914225464010136436575050080649229892957511040971008847870573742192427174019222372544976" +
        "843381290666331380789584049600543896362897963930387739057228036059737494276713767776188985898727" +
        "358650490811670993105358677809800307904916540637771737641986785272734744763418356000356983051931" +
        "442845617019110007867373073335641239717328979132404745788344682606523279746479511376726586935821" +
        "800463179220736688600526271863633860887968821207694323661494910029234443463732221458841005864210" +
        "502421203654335612013204811188524087310770141516662001623131771693721892480785077118278423174980" +
        "73276598828825169183103125680162072880719",
    ),
    q: 78571733251071885079927659812671450121821421258408794611510081919805623223441n,
  },
  BigInt(
    "240235267750185220922768770353239993271228765737836491651007531878766327414635321932028567615526" +
      "967879969466829874938909508389657342560190060106847716449173547413728310461045868131451178164675" +
      "540052740288984613986453266121505579709716201616827031288643245666383486363578210615491841998253" +
      "431518974065818686865115135857641013888221539601604322884360393098933366277284840659313840601023" +
      "167509576377798266510360682240663507669776402534625377308513317349519424896775405257365904949247" +
      "763147599157519877517771148149092045660020547812705472823814097251863985833411570056835369555342" +
      "3781475582491896050296680037745308460627",
  ),
);

/** > RFC-3526-2048: the 2048-bit group of RFC 3526 (§5.2). */
export const RFC_3526_2048: Group = groupOf(
  {
    name: "RFC-3526-2048",
    p: BigInt(
      "323170060713110073003389139264238282488179412411402391128420097514007417066343542226196894173635" +
        "693471179017379097041917546058732091950288537589861856221532121754125149017745202702357960782362" +
        "488842461894775876411059286460994117232454266225221932305409190376805242355191256797158701170010" +
        "580558776510388618472802579760549035697325615261670813393617995413364765591603683178967290731783" +
        "845896806396719009772021941686472258710314113364293195361934716365332097170774482279885885653692" +
        "086452966360772502689555059283627511211740969729980684105543595848665832916421362182310789909994" +
        "48652468262416972035911852507045361090559",
    ),
    q: BigInt(
      "161585030356555036501694569632119141244089706205701195564210048757003708533171771113098447086817" +
        "846735589508689548520958773029366045975144268794930928110766060877062574508872601351178980391181" +
        "244421230947387938205529643230497058616227133112610966152704595188402621177595628398579350585005" +
        "290279388255194309236401289880274517848662807630835406696808997706682382795801841589483645365891" +
        "922948403198359504886010970843236129355157056682146597680967358182666048585387241139942942826846" +
        "043226483180386251344777529641813755605870484864990342052771797924332916458210681091155394954997" +
        "24326234131208486017955926253522680545279",
    ),
  },
  2n,
);
