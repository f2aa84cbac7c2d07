/**
 * The projection of `only` on texts as they are served: what stays is copied, and no document
 * becomes a value. Knows JSON as `JSON.stringify` writes it; nothing of how entities are kept.
 */
import type { JsonObject } from "./json.ts";
import { BytesPage, type Page, textSeparator } from "./page.ts";
import type { Path } from "./path.ts";
import { type Chosen, chosenFields, project } from "./projection.ts";

/**
 * What `project` makes of each entity, for many texts: `new TextProjection([["name"]])` makes
 * `{"_id":"1","name":"Delft"}` of `{"_id":"1","time":5,"name":"Delft","size":3}`. A text holds no
 * whitespace between its tokens and each name once.
 */
export class TextProjection {
  readonly #paths: readonly Path[];
  /** Undefined where names are numbers, which JavaScript moves to the front of an object. */
  readonly #root: Members | undefined;
  /** The same without the id. */
  readonly #own: Members;

  constructor(paths: readonly Path[]) {
    this.#paths = paths;
    const isPlain = !paths.some((path) => path.some((name) => /^\d+$/.test(name)));
    const chosen = chosenFields(paths);
    chosen.delete("_id");
    this.#root = isPlain ? new Members(new Map([["_id", null], ...chosen])) : undefined;
    this.#own = new Members(chosen);
  }

  /**
   * Of texts in UTF-8 with `textSeparator` between. In place of an entity there may be its id and
   * its body, `58238a935baa56173b24f0e4{"name":"Delft"}`.
   */
  bytesOf(texts: Uint8Array): Uint8Array {
    const root = this.#root;
    if (!root) return this.#parsed(texts);
    const from = new Source(texts);
    const into = new Sink(texts.length);
    while (from.at < texts.length) {
      if (into.length > 0) into.copy(separator, 0, separator.length);
      into.reserve(idFront.length + 1, texts.length - from.at);
      if (texts[from.at] === openingBrace) writeObject(from, root, into);
      else writeBody(from, this.#own, into);
      from.skipLine();
    }
    return into.taken();
  }

  textOf(text: string): string {
    return decoder.decode(this.bytesOf(encoder.encode(text)));
  }

  #parsed(texts: Uint8Array): Uint8Array {
    const parts = decoder.decode(texts).split(textSeparator);
    const projected = parts.map((text) =>
      JSON.stringify(project(JSON.parse(wholeText(text)) as JsonObject, this.#paths)),
    );
    return encoder.encode(projected.join(textSeparator));
  }
}

/** The page with what is left of its texts, as many and with the same end. */
export function projectedPage(page: Page, only: readonly Path[]): Page {
  const bytes = page.bytes ?? encoder.encode(page.texts.join(textSeparator));
  const projected = new TextProjection(only).bytesOf(bytes);
  page.release?.();
  return new BytesPage(projected, page.count, page.cursor);
}

/** The chosen members of one object, and where they stand in the text at hand. */
class Members {
  /** `"name":` of each. */
  readonly keys: readonly Uint8Array[];
  readonly inner: readonly (Members | null)[];
  /** Where the key begins; -1 for a member that is missing. */
  readonly starts: Int32Array;
  /** Behind the value. */
  readonly ends: Int32Array;
  /** What stood at each place of the object before: most objects of a store are alike. */
  readonly seen: Member[] = [];

  constructor(chosen: Chosen) {
    this.keys = [...chosen.keys()].map((name) => encoder.encode(`${JSON.stringify(name)}:`));
    this.inner = [...chosen.values()].map((inner) => inner && new Members(inner));
    this.starts = new Int32Array(this.keys.length);
    this.ends = new Int32Array(this.keys.length);
  }

  /** The one whose key stands between `start` and `end`. */
  memberOf(bytes: Uint8Array, start: number, end: number): Member {
    const index = indexOf(this.keys, bytes, start, end);
    return { key: index < 0 ? bytes.slice(start, end) : (this.keys[index] as Uint8Array), index };
  }
}

interface Member {
  /** `"name":` */
  readonly key: Uint8Array;
  /** Among what is chosen; -1 for what is not. */
  readonly index: number;
}

/** Reads a text from left to right. */
class Source {
  readonly bytes: Uint8Array;
  /** The same, to look at four bytes at once. */
  readonly view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Goes through the object that begins here until all are found, or it ends. */
  findMembers(members: Members): void {
    const { bytes, view } = this;
    members.starts.fill(-1);
    const { seen } = members;
    let left = members.keys.length;
    let at = this.at + 1;
    for (let place = 0; left > 0 && bytes[at] !== closingBrace; place++) {
      if (bytes[at] === comma) at++;
      const start = at;
      let member = seen[place];
      if (member === undefined || !standsAt(bytes, start, member.key)) {
        member = members.memberOf(bytes, start, stringEnd(bytes, view, start) + 1);
        if (place < placesMax) seen[place] = member;
      }
      at = valueEnd(bytes, view, start + member.key.length);
      const { index } = member;
      if (index < 0) continue;
      members.starts[index] = start;
      members.ends[index] = at;
      left--;
    }
    this.at = at;
  }

  /** To the text behind the next separator, which no text holds. */
  skipLine(): void {
    const end = this.bytes.indexOf(lineBreak, this.at);
    this.at = end < 0 ? this.bytes.length : end + separator.length;
  }
}

/** What has been written. */
class Sink {
  #bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
  }

  /** Makes sure of room for so many bytes more than are left to be read. */
  reserve(more: number, left: number): void {
    if (this.length + more + left <= this.#bytes.length) return;
    const length = this.length + more + 2 * left;
    this.#bytes = new Uint8Array(this.#bytes.buffer.transfer(length));
  }

  /** Alone in their memory. */
  taken(): Uint8Array {
    return new Uint8Array(this.#bytes.buffer.transfer(this.length));
  }

  put(byte: number): void {
    this.#bytes[this.length++] = byte;
  }

  copy(source: Uint8Array, start: number, end: number): void {
    const bytes = this.#bytes;
    let to = this.length;
    if (end - start > copiedAtOnceMin) {
      bytes.set(source.subarray(start, end), to);
      to += end - start;
    } else for (let at = start; at < end; at++) bytes[to++] = source[at] as number;
    this.length = to;
  }
}

/** `1{"name":"Delft"}` as `{"_id":"1","name":"Delft"}`. */
function wholeText(text: string): string {
  const body = text.indexOf("{");
  if (body === 0) return text;
  const comma = text[body + 1] === "}" ? "" : ",";
  return `{"_id":"${text.slice(0, body)}"${comma}${text.slice(body + 1)}`;
}

/** Of the id and the body behind it. */
function writeBody(from: Source, own: Members, into: Sink): void {
  const { bytes } = from;
  const start = from.at;
  while (from.at < bytes.length && bytes[from.at] !== openingBrace) from.at++;
  const before = into.length;
  into.copy(idFront, 0, idFront.length);
  into.copy(bytes, start, from.at);
  into.put(quote);
  writeMembers(from, own, into, before);
  into.put(closingBrace);
}

/** What is chosen of the object that begins here; gives back whether there is anything. */
function writeObject(from: Source, members: Members, into: Sink): boolean {
  const before = into.length;
  into.put(openingBrace);
  writeMembers(from, members, into, before);
  into.put(closingBrace);
  return into.length > before + braces;
}

/** @param before where the object begins */
function writeMembers(from: Source, members: Members, into: Sink, before: number): void {
  from.findMembers(members);
  const { bytes } = from;
  const { keys, inner, starts, ends } = members;
  for (let index = 0; index < keys.length; index++) {
    const start = starts[index] as number;
    if (start < 0) continue;
    const empty = into.length;
    if (empty > before + 1) into.put(comma);
    const members = inner[index] as Members | null;
    if (members === null) {
      let end = ends[index] as number;
      // Those that follow each other here and there are copied together.
      while (
        index + 1 < keys.length &&
        starts[index + 1] === end + 1 &&
        inner[index + 1] === null
      ) {
        index++;
        end = ends[index] as number;
      }
      into.copy(bytes, start, end);
      continue;
    }
    const value = start + (keys[index] as Uint8Array).length;
    into.copy(bytes, start, value);
    from.at = value;
    if (!writeChosen(from, members, into)) into.length = empty;
  }
}

/** What is left of the value that begins here; false where nothing is. */
function writeChosen(from: Source, members: Members, into: Sink): boolean {
  const { bytes, view } = from;
  const first = bytes[from.at];
  if (first === openingBrace) return writeObject(from, members, into);
  if (first !== openingBracket) return false;
  const before = into.length;
  into.put(openingBracket);
  let at = from.at + 1;
  while (bytes[at] !== closingBracket) {
    if (bytes[at] === comma) at++;
    const end = valueEnd(bytes, view, at);
    if (bytes[at] === openingBrace) {
      if (into.length > before + 1) into.put(comma);
      from.at = at;
      writeObject(from, members, into);
    }
    at = end;
  }
  into.put(closingBracket);
  return true;
}

/** Which of the keys stands there: `"name":` between `start` and `end`; -1 for none. */
function indexOf(
  keys: readonly Uint8Array[],
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const length = end - start;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as Uint8Array;
    if (key.length !== length) continue;
    let at = 1;
    while (at < length && key[at] === bytes[start + at]) at++;
    if (at >= length) return index;
  }
  return -1;
}

/** Behind the value that begins there. */
function valueEnd(bytes: Uint8Array, view: DataView, start: number): number {
  const first = bytes[start] as number;
  if (first === quote) return stringEnd(bytes, view, start);
  let at = start;
  if (first !== openingBrace && first !== openingBracket) {
    while (at < bytes.length && signs[bytes[at] as number] !== ending) at++;
    return at;
  }
  let depth = 0;
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    const sign = signs[byte];
    if (sign === plain || byte === comma) at++;
    else if (sign === text) at = stringEnd(bytes, view, at);
    else {
      at++;
      depth += sign === opening ? 1 : -1;
      if (depth === 0) return at;
    }
  }
  throw new Error("a text ended within an object");
}

/** Behind the closing quote of the string that begins there. */
function stringEnd(bytes: Uint8Array, view: DataView, start: number): number {
  let at = start + 1;
  for (const last = bytes.length - 4; at <= last; at += 4) {
    if (holdsMark(view.getInt32(at, true))) break;
  }
  while (at < bytes.length) {
    const byte = bytes[at++];
    if (byte === quote) return at;
    if (byte === backslash) at++;
  }
  throw new Error("a text ended within a string");
}

/** Whether one of four bytes is a quote or a backslash. */
function holdsMark(word: number): boolean {
  return (zeroBytes(word ^ 0x22222222) | zeroBytes(word ^ 0x5c5c5c5c)) !== 0;
}

/** Not 0 where one of the four bytes is (Hacker's Delight, 6-1). */
function zeroBytes(word: number): number {
  return ((word - 0x01010101) | 0) & ~word & 0x80808080;
}

/** Whether these bytes stand there. */
function standsAt(bytes: Uint8Array, start: number, key: Uint8Array): boolean {
  const { length } = key;
  if (start + length > bytes.length) return false;
  // Names differ at their ends more often than at their beginnings.
  for (let at = length - 1; at >= 0; at--) if (bytes[start + at] !== key[at]) return false;
  return true;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const separator = encoder.encode(textSeparator);
const idFront = encoder.encode('{"_id":"');
const [openingBrace, closingBrace, openingBracket, closingBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const [quote, backslash, comma, lineBreak] = [0x22, 0x5c, 0x2c, 0x0a];
const braces = 2;
/** From so many bytes on a native copy costs less than a loop. */
const copiedAtOnceMin = 100;
/** Members of one object that are remembered. */
const placesMax = 64;
/** What a byte outside of strings means. */
const [plain, text, opening, ending] = [0, 1, 2, 3];
const signs = new Uint8Array(256);
signs[quote as number] = text as number;
for (const byte of [openingBrace, openingBracket]) signs[byte as number] = opening as number;
for (const byte of [closingBrace, closingBracket, comma]) signs[byte as number] = ending as number;
