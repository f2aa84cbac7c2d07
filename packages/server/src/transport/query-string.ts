/**
 * Query strings as lists of parameters. Parses itself, because a name may end in an operator and
 * need no `=` at all (`where.value>20`). Knows no parameter by its meaning.
 */
import { setOwn, violation } from "@stoa/domain";

export interface Parameter {
  /** What stands before the first `=`, decoded: `"where.value>"`. */
  readonly name: string;
  /** What stands after it, decoded; null where there is no `=`. */
  readonly value: string | null;
}

/** `a=1&b` is `[{name: "a", value: "1"}, {name: "b", value: null}]`. Errors: `validation`. */
export function parseQueryString(text: string): readonly Parameter[] {
  if (text === "") return [];
  const parameters: Parameter[] = [];
  for (const piece of text.split("&")) {
    if (piece === "") continue;
    const sign = piece.indexOf("=");
    if (sign < 0) parameters.push({ name: decode(piece, piece), value: null });
    else {
      const name = decode(piece.slice(0, sign), piece.slice(0, sign));
      parameters.push({ name, value: decode(piece.slice(sign + 1), name) });
    }
  }
  return parameters;
}

/** Every parameter by its name; of a repeated one the last counts. For those that services read. */
export function parameterRecord(text: string): Readonly<Record<string, string>> {
  const record: Record<string, string> = {};
  for (const { name, value } of parseQueryString(text)) setOwn(record, name, value ?? "");
  return record;
}

/** The pieces of a query string but those of these names, as they were sent. */
export function withoutParameters(text: string, names: ReadonlySet<string>): string {
  const kept = text.split("&").filter((piece) => {
    const end = piece.indexOf("=");
    const name = end < 0 ? piece : piece.slice(0, end);
    return piece !== "" && !names.has(decode(name, name));
  });
  return kept.join("&");
}

function decode(text: string, name: string): string {
  if (!text.includes("%") && !text.includes("+")) return refuseNul(text, name);
  try {
    return refuseNul(decodeURIComponent(text.replaceAll("+", " ")), name);
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
    throw violation(shown(name), "encoding", "must be percent-encoded UTF-8");
  }
}

/** No value and no name of a field has it (design 3, "Settled"). */
function refuseNul(text: string, name: string): string {
  if (!text.includes("\0")) return text;
  throw violation(shown(name), "nul", "must not hold the character NUL");
}

const shownCharactersMax = 100;

function shown(name: string): string {
  return name.slice(0, shownCharactersMax).replaceAll("\0", "").toWellFormed();
}
