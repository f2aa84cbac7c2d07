/**
 * How far a long work has come, for a person: a bar where there is a terminal, else a line now and
 * then. Knows only numbers.
 */
import type { WriteStream } from "node:tty";

export interface ProgressOptions {
  readonly total: number;
  /** What was done before this run; it counts for the bar, not for the speed. */
  readonly done: number;
  readonly output: Pick<WriteStream, "write"> & Partial<Pick<WriteStream, "isTTY" | "columns">>;
  /** Milliseconds that only go forward; tests hand in their own. */
  readonly now?: () => number;
}

export class Progress {
  readonly #options: ProgressOptions;
  readonly #now: () => number;
  readonly #start: number;
  #done: number;
  #shownAt = Number.NEGATIVE_INFINITY;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#start = this.#now();
    this.#done = options.done;
  }

  get seconds(): number {
    return (this.#now() - this.#start) / 1_000;
  }

  add(count: number): void {
    this.#done += count;
    const isTerminal = this.#options.output.isTTY === true;
    const every = isTerminal ? terminalMs : lineMs;
    if (this.#now() - this.#shownAt < every && this.#done < this.#options.total) return;
    this.#shownAt = this.#now();
    const { output } = this.#options;
    output.write(isTerminal ? `\r${this.#bar()}${this.text()}\x1b[K` : `${this.text()}\n`);
  }

  /** Leaves the line of the bar. */
  end(): void {
    if (this.#options.output.isTTY === true) this.#options.output.write("\n");
  }

  /** ` 42 %  71,852 of 171,075  20,512/s  5 s left` */
  text(): string {
    const { total, done } = this.#options;
    const percent = total === 0 ? 100 : Math.floor((100 * this.#done) / total);
    const rate = (this.#done - done) / Math.max(this.seconds, 0.001);
    const left = rate > 0 ? `${Math.ceil((total - this.#done) / rate)} s left` : "";
    const counts = `${whole(this.#done)} of ${whole(total)}`;
    return `${String(percent).padStart(3)} %  ${counts}  ${whole(rate)}/s  ${left}`.trimEnd();
  }

  #bar(): string {
    const width = Math.max(0, Math.min(40, (this.#options.output.columns ?? 80) - 50));
    const filled = Math.round((width * this.#done) / Math.max(1, this.#options.total));
    return `${"#".repeat(filled)}${"-".repeat(width - filled)} `;
  }
}

/** `171,075` */
export function whole(count: number): string {
  return Math.round(count).toLocaleString("en");
}

const terminalMs = 100;
const lineMs = 2_000;
