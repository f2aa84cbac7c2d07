/**
 * A part of a list: texts of entities as they are served. Knows how they stand one behind the
 * other, and nothing of where they come from or go to.
 */
import type { Cursor } from "./query.ts";

/** A part of a list, in order, and where it ends. */
export interface Page {
  /** How many entities. */
  readonly count: number;
  /** `['{"_id":"58238a935baa56173b24f0e4",...}', ...]` */
  readonly texts: readonly string[];
  /** Values of the order's keys of the last entity, whatever `only` says; null of an empty page. */
  readonly cursor: Cursor | null;
  /**
   * The same texts in UTF-8 with `textSeparator` between, where they are at hand: what goes over
   * the wire as it is need not become texts before.
   */
  readonly bytes?: Uint8Array;
  /** Nothing of the page is needed any more: its memory is given back before it is collected. */
  release?(): void;
}

/** Between the texts of a page; no text holds a line break (`JSON.stringify` escapes them). */
export const textSeparator = "\n,\n";

/** A page of texts: `textPage(['{"_id":"1"}'], ["1"])`. */
export function textPage(texts: readonly string[], cursor: Cursor | null): Page {
  return new TextPage(texts, cursor);
}

/** Its bytes are made for those who ask for them. */
class TextPage implements Page {
  readonly texts: readonly string[];
  readonly count: number;
  readonly cursor: Cursor | null;
  #bytes: Uint8Array | undefined;

  constructor(texts: readonly string[], cursor: Cursor | null) {
    this.texts = texts;
    this.count = texts.length;
    this.cursor = cursor;
  }

  get bytes(): Uint8Array {
    this.#bytes ??= encoder.encode(this.texts.join(textSeparator));
    return this.#bytes;
  }

  release(): void {
    if (this.#bytes) giveBack(this.#bytes);
    this.#bytes = undefined;
  }
}

/** A page of bytes, which are made into texts only for those who ask for them. */
export class BytesPage implements Page {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly cursor: Cursor | null;

  constructor(bytes: Uint8Array, count: number, cursor: Cursor | null) {
    this.bytes = bytes;
    this.count = count;
    this.cursor = cursor;
  }

  get texts(): readonly string[] {
    return this.count === 0 ? [] : utf8.decode(this.bytes).split(textSeparator);
  }

  release(): void {
    giveBack(this.bytes);
  }
}

function giveBack({ buffer, byteLength }: Uint8Array): void {
  // What is a part of something larger is not the page's own.
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0);
}

const utf8 = new TextDecoder();
const encoder = new TextEncoder();
