/**
 * The elements of one long JSON array as texts, without ever holding more than one of them. Looks
 * at brackets and quotes only; whether an element is JSON is for whoever parses it.
 */
import { limit, StoaError } from "@stoa/domain";
import { bodyViolation } from "../request-body.ts";

/** Errors: `validation` for what is no array; `too_large` for an element over `bodyBytesMax`. */
export async function* jsonElements(texts: AsyncIterable<string>): AsyncGenerator<string> {
  const splitter = new Splitter();
  for await (const text of texts) yield* splitter.take(text);
  splitter.end();
}

/** What may come next outside an element. */
type Place = "before" | "first" | "element" | "inside" | "after" | "over";

class Splitter {
  #place: Place = "before";
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** What has come of the element that is not yet whole. */
  #rest = "";

  *take(text: string): Generator<string> {
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (this.#place !== "inside") {
        if (!this.#begins(code)) continue;
        start = at;
      }
      if (!this.#isLast(code)) continue;
      // The comma or bracket behind it is no part of an element that is no object.
      const isWhole = this.#depth === 0 && code === closeBrace;
      yield this.#rest + text.slice(start, isWhole ? at + 1 : at);
      this.#rest = "";
      this.#place = "after";
      if (!isWhole) this.#begins(code);
    }
    if (this.#place !== "inside") return;
    this.#rest += text.slice(start);
    if (this.#rest.length > limit.bodyBytesMax) {
      throw new StoaError("too_large", `A row has at most ${limit.bodyBytesMax} bytes.`);
    }
  }

  end(): void {
    if (this.#place === "over") return;
    throw bodyViolation("syntax", "the JSON array does not end");
  }

  /** Takes in a character outside of elements; whether one begins with it. */
  #begins(code: number): boolean {
    if (isSpace(code)) return false;
    const next = this.#next(code);
    this.#place = next;
    if (next !== "inside") return false;
    this.#depth = 0;
    this.#isInString = false;
    this.#isEscaped = false;
    return true;
  }

  #next(code: number): Place {
    switch (this.#place) {
      case "before":
        if (code === openBracket) return "first";
        throw bodyViolation("type", "the body must be a JSON array");
      case "first":
        return code === closeBracket ? "over" : "inside";
      case "element":
        return "inside";
      case "after":
        if (code === comma) return "element";
        if (code === closeBracket) return "over";
        throw bodyViolation("syntax", "between elements there must be commas");
      default:
        throw bodyViolation("syntax", "nothing may follow the JSON array");
    }
  }

  /** Takes in one more character; whether the element ends with it, or before it. */
  #isLast(code: number): boolean {
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (code === backslash) this.#isEscaped = true;
      else if (code === quote) this.#isInString = false;
      return false;
    }
    switch (code) {
      case quote:
        this.#isInString = true;
        return false;
      case openBrace:
      case openBracket:
        this.#depth++;
        return false;
      case closeBrace:
        this.#depth--;
        return this.#depth <= 0;
      case closeBracket:
        if (this.#depth === 0) return true;
        this.#depth--;
        return false;
      case comma:
        return this.#depth === 0;
      default:
        return false;
    }
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

const [quote, backslash, comma, openBrace, closeBrace, openBracket, closeBracket] = [
  ...'"\\,{}[]',
].map((character) => character.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];
