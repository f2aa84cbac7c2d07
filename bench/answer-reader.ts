/**
 * Finds the end of one HTTP answer, by its length or by its last chunk. Knows no sockets.
 */

/** Fed with the bytes of one connection until it says that the answer is whole. */
export class AnswerReader {
  status = 0;
  #head = "";
  #left: number | undefined;
  #tail = "";

  take(chunk: Buffer): boolean {
    if (this.status !== 0) return this.#body(chunk);
    this.#head += chunk.toString("latin1");
    const at = this.#head.indexOf("\r\n\r\n");
    if (at < 0) return false;
    this.status = Number(this.#head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head.slice(0, at))?.[1];
    if (length !== undefined) this.#left = Number(length);
    return this.#body(Buffer.from(this.#head.slice(at + 4), "latin1"));
  }

  #body(chunk: Buffer): boolean {
    if (this.#left !== undefined) {
      this.#left -= chunk.length;
      return this.#left <= 0;
    }
    this.#tail = (this.#tail + chunk.subarray(-7).toString("latin1")).slice(-7);
    return this.#tail.endsWith("0\r\n\r\n");
  }
}
