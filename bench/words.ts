/**
 * Words that several benches take. Knows their notation, not what they mean.
 */
import { parseArgs } from "node:util";

/** Values by name, of `--seconds 2 --only get`; any other word ends the program with its usage. */
export function wordsOf<Name extends string>(
  names: readonly Name[],
  usage: string,
): Partial<Record<Name, string>> {
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" }] as const));
  try {
    return parseArgs({ options }).values as Partial<Record<Name, string>>;
  } catch (cause) {
    return refuse((cause as Error).message, usage);
  }
}

/** `"10000,1000000"`; anything else ends the program with its usage. */
export function sizesOf(text: string, usage: string, least = 10_000): readonly number[] {
  const sizes = text.split(",").map(Number);
  if (sizes.every((size) => Number.isSafeInteger(size) && size >= least)) return sizes;
  return refuse(`--entities: whole numbers from ${least} on`, usage);
}

/** A whole number from 1 on. */
export function countOf(name: string, text: string, usage: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  return refuse(`${name}: a whole number from 1 on`, usage);
}

/** Says what is wrong and how it is right, and ends. */
export function refuse(message: string, usage: string): never {
  process.stderr.write(`${message}\n${usage}`);
  process.exit(2);
}

/** `npm run bench:soak -- --minutes 1` */
export function commandOf(script: string): string {
  const words = process.argv.slice(2);
  return [`npm run ${script}`, ...(words.length > 0 ? ["--", ...words] : [])].join(" ");
}
