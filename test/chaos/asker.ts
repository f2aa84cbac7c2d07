/**
 * Somebody who asks whichever node there is until one of them answers for good, as a client behind
 * a load balancer does. Knows no entity.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever comes
  readonly body: any;
  readonly text: string;
  /** Whether it was sent before without an answer that says what became of it. */
  readonly isRepeated: boolean;
}

export interface Asked {
  readonly method: string;
  /** Below `/api/v1`: `"notes?limit=100"`. */
  readonly path: string;
  readonly body?: object;
  readonly key?: string;
}

/** Of one node, and until one of them does, on a machine that is slow and busy. */
const oneAnswersMsMax = 60_000;
const answersMsMax = 180_000;

/** What all of them have been through. */
export class Tally {
  answers = 0;
  /** Answers that told to come again, and questions that were never answered. */
  refusals = 0;
  breaks = 0;
  slowestMs = 0;
  /** Nobody tries again then. */
  isOver = false;
}

export class Asker {
  readonly #urls: readonly string[];
  readonly #token: string;
  readonly #tally: Tally;

  constructor(urls: readonly string[], token: string, tally: Tally) {
    this.#urls = urls;
    this.#token = token;
    this.#tally = tally;
  }

  /** Answered by 200, or by 404 where that may be what an earlier try has brought about. */
  async ask(asked: Asked): Promise<Reply> {
    const start = performance.now();
    let isRepeated = false;
    for (;;) {
      const url = this.#urls[Math.floor(Math.random() * this.#urls.length)] as string;
      const answer = await this.askOne(url, asked);
      const tookMs = performance.now() - start;
      if (answer && answer.status !== 503) {
        this.#tally.answers++;
        this.#tally.slowestMs = Math.max(this.#tally.slowestMs, tookMs);
        const isExpected = answer.status === 200 || (isRepeated && answer.status === 404);
        assert(isExpected, `${asked.method} ${asked.path}: ${answer.status} ${answer.text}`);
        return { ...answer, isRepeated };
      }
      assert(!this.#tally.isOver, "it is over");
      assert(tookMs < answersMsMax, `${asked.method} ${asked.path} is never answered`);
      isRepeated = true;
      await sleep(10 + Math.random() * 90);
    }
  }

  /** Undefined where the connection broke. */
  async askOne(
    url: string,
    { method, path, body, key }: Asked,
  ): Promise<Omit<Reply, "isRepeated"> | undefined> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` };
    if (body) headers["content-type"] = "application/json";
    if (key) headers["idempotency-key"] = key;
    try {
      const response = await fetch(`${url}/api/v1/${path}`, {
        method,
        headers,
        signal: AbortSignal.timeout(oneAnswersMsMax),
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.status === 503) {
        this.#tally.refusals++;
        assert.match(response.headers.get("retry-after") ?? "", /^\d+$/);
      }
      const { status } = response;
      return { status, text, body: text === "" ? undefined : JSON.parse(text) };
    } catch (error) {
      const { name, message } = error as Error;
      assert.notEqual(name, "TimeoutError", `${method} ${path} hangs at ${url}`);
      assert.notEqual(name, "AssertionError", message);
      this.#tally.breaks++;
      return undefined;
    }
  }
}
