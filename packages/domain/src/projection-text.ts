/**
 * The projection of `only` on texts as they are served: what stays is copied, and no document
 * becomes a value. Knows which members stay; how a text is read and written is told elsewhere.
 */
import type { JsonObject } from "./json.ts";
import {
  byteAt,
  closingBrace,
  closingBracket,
  comma,
  JsonSource,
  levelEnd,
  openingBrace,
  openingBracket,
  quote,
  stringEnd,
  valueEnd,
  wordBytes,
} from "./json-source.ts";
import { BytesPage, type Page, textSeparator } from "./page.ts";
import type { Path } from "./path.ts";
import { type Chosen, chosenFields, project } from "./projection.ts";
import { TextSink } from "./text-sink.ts";

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
    const from = new JsonSource(texts);
    sink.length = 0;
    for (let at = 0; at < texts.length; ) {
      sink.reserve(idFront.bytes.length + separator.bytes.length + texts.length - at);
      if (at > 0) sink.copy(separator, 0, separatorLength);
      if (texts[at] === openingBrace) {
        at = root.find(from, at);
        writeObject(from, root, sink);
      } else at = writeBody(from, at, this.#own, sink);
      // No text holds a line break.
      at = byteAt(from, lineBreak, at) + separatorLength;
    }
    return sink.taken();
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
  readonly keys: readonly Key[];
  readonly inner: readonly (Members | null)[];
  /** Where the key begins; -1 for a member that is missing. */
  readonly starts: Int32Array;
  /** Behind the value, where all of it stays. */
  readonly ends: Int32Array;
  /** Levels that `find` has not left where it stopped: this object, and those within. */
  open = 1;
  /** Keys that were met, those not chosen among them. */
  readonly #met: Key[];
  /** What stood at each place of the object before: most objects of a store are alike. */
  readonly #seen: Key[] = [];

  constructor(chosen: Chosen) {
    this.keys = [...chosen.keys()].map(
      (name, index) => new Key(encoder.encode(`${JSON.stringify(name)}:`), index),
    );
    this.#met = [...this.keys];
    this.inner = [...chosen.values()].map((inner) => inner && new Members(inner));
    this.starts = new Int32Array(this.keys.length);
    this.ends = new Int32Array(this.keys.length);
  }

  /**
   * Goes through the object that begins there until all are found, or it ends: gives back the token
   * where it stopped. Those that are chosen of objects within are found with them.
   */
  find(source: JsonSource, start: number): number {
    const { bytes } = source;
    const { starts, ends, inner } = this;
    const seen = this.#seen;
    let left = starts.length;
    for (let index = 0; index < left; index++) starts[index] = -1;
    this.open = 1;
    let at = start + 1;
    for (let place = 0; left > 0 && bytes[at] !== closingBrace; place++) {
      if (bytes[at] === comma) at++;
      let key = seen[place];
      if (key === undefined || !key.standsAt(source, at)) {
        key = this.#keyAt(source, at);
        if (place < placesMax) seen[place] = key;
      }
      const value = at + key.length;
      const { index } = key;
      if (index < 0) {
        at = valueEnd(source, value);
        continue;
      }
      starts[index] = at;
      left--;
      const members = inner[index] as Members | null;
      if (members !== null && bytes[value] === openingBrace) {
        at = members.find(source, value);
        if (left > 0) at = levelEnd(source, at, members.open);
        else this.open += members.open;
      } else at = valueEnd(source, value);
      ends[index] = at;
    }
    return at;
  }

  #keyAt(source: JsonSource, start: number): Key {
    const end = stringEnd(source, start) + 1;
    const length = end - start;
    const known = this.#met.find((key) => key.length === length && key.standsAt(source, start));
    if (known) return known;
    const key = new Key(source.bytes.slice(start, end), -1);
    if (this.#met.length < this.keys.length + placesMax) this.#met.push(key);
    return key;
  }
}

/** `"name":` as it stands in a text. */
class Key {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly length: number;
  /** Among what is chosen; -1 for what is not. */
  readonly index: number;

  constructor(bytes: Uint8Array, index: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.length = bytes.length;
    this.index = index;
  }

  standsAt({ bytes, view, lastWord }: JsonSource, start: number): boolean {
    const { length } = this;
    const last = length - wordBytes;
    if (last < 0 || start + last > lastWord) {
      return this.#bytes.every((byte, at) => bytes[start + at] === byte);
    }
    const own = this.#view;
    // Names differ at their ends more often than at their beginnings.
    if (view.getInt32(start + last, true) !== own.getInt32(last, true)) return false;
    for (let at = 0; at < last; at += wordBytes) {
      if (view.getInt32(start + at, true) !== own.getInt32(at, true)) return false;
    }
    return true;
  }
}

/** `1{"name":"Delft"}` as `{"_id":"1","name":"Delft"}`. */
function wholeText(text: string): string {
  const body = text.indexOf("{");
  if (body === 0) return text;
  const comma = text[body + 1] === "}" ? "" : ",";
  return `{"_id":"${text.slice(0, body)}"${comma}${text.slice(body + 1)}`;
}

/** Of the id and the body behind it; gives back where it stopped to read. */
function writeBody(from: JsonSource, start: number, own: Members, into: TextSink): number {
  const body = byteAt(from, openingBrace, start);
  const end = own.find(from, body);
  const before = into.length;
  into.copy(idFront, 0, idFrontLength);
  into.copy(from, start, body);
  into.put(quote);
  writeMembers(from, own, into, before);
  into.put(closingBrace);
  return end;
}

/** What was found of an object; gives back whether there is anything. */
function writeObject(from: JsonSource, members: Members, into: TextSink): boolean {
  const before = into.length;
  into.put(openingBrace);
  writeMembers(from, members, into, before);
  into.put(closingBrace);
  return into.length > before + braces;
}

/** @param before where the object begins */
function writeMembers(from: JsonSource, members: Members, into: TextSink, before: number): void {
  const { keys, inner, starts, ends } = members;
  for (let index = 0; index < keys.length; index++) {
    const start = starts[index] as number;
    if (start < 0) continue;
    const empty = into.length;
    if (empty > before + 1) into.put(comma);
    const within = inner[index] as Members | null;
    if (within === null) {
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
      into.copy(from, start, end);
      continue;
    }
    const value = start + (keys[index] as Key).length;
    into.copy(from, start, value);
    if (!writeChosen(from, value, within, into)) into.length = empty;
  }
}

/** What is left of the value that begins there; false where nothing is. */
function writeChosen(from: JsonSource, value: number, members: Members, into: TextSink): boolean {
  const { bytes } = from;
  const first = bytes[value];
  if (first === openingBrace) return writeObject(from, members, into);
  if (first !== openingBracket) return false;
  const before = into.length;
  into.put(openingBracket);
  for (let at = value + 1; bytes[at] !== closingBracket; ) {
    if (bytes[at] === comma) at++;
    if (bytes[at] !== openingBrace) {
      at = valueEnd(from, at);
      continue;
    }
    if (into.length > before + 1) into.put(comma);
    at = levelEnd(from, members.find(from, at), members.open);
    writeObject(from, members, into);
  }
  into.put(closingBracket);
  return true;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** One for all: a page is made in one turn. */
const sink = new TextSink();
/** With room behind, so that they are copied by words. */
const paddedSource = (text: string) => new JsonSource(encoder.encode(text.padEnd(16)));
const separator = paddedSource(textSeparator);
const separatorLength = textSeparator.length;
const idStart = '{"_id":"';
const idFrontLength = idStart.length;
const idFront = paddedSource(idStart);
const lineBreak = 0x0a;
const braces = 2;
/** Members of one object that are remembered. */
const placesMax = 64;
