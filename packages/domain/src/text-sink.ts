/**
 * Where texts are put together as bytes, in memory that is used again. Knows nothing of what they
 * say.
 */
import { type JsonSource, wordBytes } from "./json-source.ts";

/** Bytes that are written, one behind the other. */
export class TextSink {
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  /** Makes sure of room for so many bytes more. */
  reserve(more: number): void {
    // A word may be written where a byte is left.
    const wanted = this.length + more + wordBytes;
    if (wanted <= this.#bytes.length) return;
    const bytes = new Uint8Array(2 * wanted);
    bytes.set(this.#bytes.subarray(0, this.length));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  /** What was written, alone in its memory; then there is nothing. */
  taken(): Uint8Array {
    const taken = this.#bytes.slice(0, this.length);
    this.length = 0;
    if (this.#bytes.length > keptBytesMax) {
      this.#bytes = new Uint8Array(0);
      this.#view = new DataView(this.#bytes.buffer);
    }
    return taken;
  }

  put(byte: number): void {
    this.#bytes[this.length++] = byte;
  }

  /** What stands in between there. */
  copy({ bytes, view, lastWord }: JsonSource, start: number, end: number): void {
    const length = end - start;
    if (length > copiedAtOnceMin || end > lastWord) {
      this.#bytes.set(bytes.subarray(start, end), this.length);
    } else {
      const into = this.#view;
      for (let at = start, to = this.length; at < end; at += wordBytes, to += wordBytes) {
        into.setInt32(to, view.getInt32(at, true), true);
      }
    }
    this.length += length;
  }
}

/** From so many bytes on a native copy costs less than a loop. */
const copiedAtOnceMin = 256;
/** Memory for more is given back: a page is seldom larger. */
const keptBytesMax = 1024 * 1024;
