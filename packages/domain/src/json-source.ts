/**
 * Texts of JSON as bytes, and where their values end: four bytes are looked at together. Knows JSON
 * as `JSON.stringify` writes it, without whitespace between its tokens; nothing of what is in it.
 */

/** Bytes that are read, one or four at a time; those past the last whole word only by one. */
export class JsonSource {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where the last four bytes begin. */
  readonly lastWord: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.lastWord = bytes.length - wordBytes;
  }
}

export const wordBytes = 4;

/** Behind the value that begins there. */
export function valueEnd(source: JsonSource, start: number): number {
  const first = source.bytes[start] as number;
  if (first === quote) return stringEnd(source, start);
  if (first === openingBrace || first === openingBracket) return levelEnd(source, start + 1, 1);
  return scalarEnd(source, start);
}

/** Behind the closing quote of the string that begins there. */
export function stringEnd({ bytes, view, lastWord }: JsonSource, start: number): number {
  let at = start + 1;
  while (at <= lastWord) {
    const word = view.getInt32(at, true);
    const marks = zeroBytes(word ^ quotes) | zeroBytes(word ^ backslashes);
    if (marks === 0) {
      at += wordBytes;
      continue;
    }
    at += firstOf(marks);
    if (bytes[at] === quote) return at + 1;
    at += 2;
  }
  for (; at < bytes.length; at++) {
    if (bytes[at] === quote) return at + 1;
    if (bytes[at] === backslash) at++;
  }
  throw new Error("a text ended within a string");
}

/** Behind what closes so many objects and arrays around the token that begins there. */
export function levelEnd(source: JsonSource, start: number, levels: number): number {
  const { bytes, view, lastWord } = source;
  let depth = levels;
  let at = start;
  for (;;) {
    while (at <= lastWord) {
      const word = view.getInt32(at, true);
      // A brace is a bracket with one more bit.
      const bracket = word & ~caseBits;
      const marks =
        zeroBytes(word ^ quotes) |
        zeroBytes(bracket ^ openingBrackets) |
        zeroBytes(bracket ^ closingBrackets);
      if (marks !== 0) {
        at += firstOf(marks);
        break;
      }
      at += wordBytes;
    }
    const byte = bytes[at];
    if (byte === undefined) throw new Error("a text ended within an object");
    if (byte === quote) {
      at = stringEnd(source, at);
      continue;
    }
    at++;
    if (byte === openingBrace || byte === openingBracket) depth++;
    else if ((byte === closingBrace || byte === closingBracket) && --depth === 0) return at;
  }
}

/** Behind a number, `true`, `false` or `null`. */
function scalarEnd({ bytes, view, lastWord }: JsonSource, start: number): number {
  let at = start;
  while (at <= lastWord) {
    const word = view.getInt32(at, true);
    const marks = zeroBytes(word ^ commas) | zeroBytes((word & ~caseBits) ^ closingBrackets);
    if (marks !== 0) return at + firstOf(marks);
    at += wordBytes;
  }
  while (at < bytes.length && !isEnding(bytes[at] as number)) at++;
  return at;
}

function isEnding(byte: number): boolean {
  return byte === comma || byte === closingBrace || byte === closingBracket;
}

/** Where that byte stands first from there on; the end where it does not. */
export function byteAt({ bytes, view, lastWord }: JsonSource, byte: number, start: number): number {
  const wanted = fourOf(byte);
  let at = start;
  // Most of the way in larger steps: what is looked for is far off more often than not.
  for (const lastStep = lastWord - 3 * wordBytes; at <= lastStep; at += 4 * wordBytes) {
    const marks =
      zeroBytes(view.getInt32(at, true) ^ wanted) |
      zeroBytes(view.getInt32(at + wordBytes, true) ^ wanted) |
      zeroBytes(view.getInt32(at + 2 * wordBytes, true) ^ wanted) |
      zeroBytes(view.getInt32(at + 3 * wordBytes, true) ^ wanted);
    if (marks !== 0) break;
  }
  for (; at <= lastWord; at += wordBytes) {
    const marks = zeroBytes(view.getInt32(at, true) ^ wanted);
    if (marks !== 0) return at + firstOf(marks);
  }
  while (at < bytes.length && bytes[at] !== byte) at++;
  return at;
}

/**
 * Not 0 where one of the four bytes is, and then the lowest bit set is of the first such byte
 * (Hacker's Delight, 6-1).
 */
function zeroBytes(word: number): number {
  return ((word - 0x01010101) | 0) & ~word & 0x80808080;
}

/** Number of the first marked byte. */
function firstOf(marks: number): number {
  return (31 - Math.clz32(marks & -marks)) >> 3;
}

function fourOf(byte: number): number {
  return Math.imul(byte, 0x01010101);
}

export const quote = 0x22;
export const comma = 0x2c;
export const openingBrace = 0x7b;
export const closingBrace = 0x7d;
export const openingBracket = 0x5b;
export const closingBracket = 0x5d;
const backslash = 0x5c;
const quotes = fourOf(quote);
const backslashes = fourOf(backslash);
const commas = fourOf(comma);
const openingBrackets = fourOf(openingBracket);
const closingBrackets = fourOf(closingBracket);
const caseBits = fourOf(openingBrace - openingBracket);
