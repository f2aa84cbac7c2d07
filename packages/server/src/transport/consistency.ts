/**
 * How fresh an answer must be, as a request says it: `consistency=` in the query, or the header
 * `Stoa-Consistency`; and the header by which writes tell what to ask for. Knows no storage.
 */
import type { IncomingMessage } from "node:http";
import { type LagOptions, violation } from "@stoa/domain";

/** What a write answers: the number of a change that it is among, or that came after it. */
export const sequenceHeader = "stoa-sequence";

/** The header of a request, for `lagOptions`. */
export function consistencyOf({ headers }: IncomingMessage): string | undefined {
  const header = headers["stoa-consistency"];
  return header === undefined ? undefined : String(header);
}

/**
 * `strong` (as if nothing was said) is an answer of now, `eventual` one that may lag, `after=417`
 * one that has all changes up to 417. The parameter counts before the header.
 * Errors: `validation` naming either, for anything else.
 */
export function lagOptions(parameter: string | undefined, header: string | undefined): LagOptions {
  if (parameter !== undefined) return parse("consistency", parameter);
  return header === undefined ? fresh : parse("Stoa-Consistency", header);
}

const fresh: LagOptions = {};

function parse(name: string, value: string): LagOptions {
  if (value === "strong") return fresh;
  if (value === "eventual") return { asOf: 0 };
  const [, sequence] = /^after=(\d{1,15})$/.exec(value) ?? [];
  if (sequence !== undefined) return { asOf: Number(sequence) };
  throw violation(name, "enum", "must be strong, eventual or after=417, the number of a change");
}
