const INTEGER = /^(?:0|-?[1-9]\d*)$/;
/** As an entry has homogeneity: the digits of ECMAScript's Number::toString, 1 or 0.25 or 1e-7. */
const FRACTION = /^(?:1|0\.\d*[1-9]|[1-9](?:\.\d*[1-9])?e-[1-9]\d?)$/;
/** No int64 is longer. */
const MAX_DIGITS = 20;
/** Digits that tell any two float32 apart (IEEE 754-2008, 5.12.2). */
const FLOAT32_DIGITS = 9;

/** An integer in decimal, without a plus sign or leading zeros, within bounds; undefined: none. */
export function parseInteger(text: string, min: bigint, max: bigint): bigint | undefined {
  if (text.length > MAX_DIGITS || !INTEGER.test(text)) return undefined;
  const number = BigInt(text);
  return number >= min && number <= max ? number : undefined;
}

/** A float32 above 0 and up to 1 in decimal; undefined: none. */
export function parseFraction(text: string): number | undefined {
  if (text.length > MAX_DIGITS || !FRACTION.test(text)) return undefined;
  const number = Math.fround(Number(text));
  return number > 0 && number <= 1 ? number : undefined;
}

/** The shortest decimal that reads back as the same float32, laid out as JavaScript's own numbers. */
export function float32Text(value: number): string {
  const single = Math.fround(value);
  for (let digits = 1; digits < FLOAT32_DIGITS; digits += 1) {
    const rounded = Number(single.toPrecision(digits));
    if (Math.fround(rounded) === single) return String(rounded);
  }
  return String(Number(single.toPrecision(FLOAT32_DIGITS)));
}
