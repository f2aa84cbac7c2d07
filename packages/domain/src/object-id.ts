/**
 * Ids of entities: BSON ObjectIds as 24 lower-case hex digits, `58238a935baa56173b24f0e4`: 4 bytes
 * Unix seconds, 5 random bytes, 3 bytes counter. Has no clock and no random source of its own.
 */

const counterEnd = 0x1000000;
const secondsEnd = 0x100000000;
const randomBytes = 5;

export interface ObjectIdSource {
  /** Unix milliseconds. */
  now(): number;
  /** 5 bytes, drawn once for the process. */
  readonly random: Uint8Array;
  /** Where the counter starts: an integer from 0 to 0xffffff. */
  readonly counter: number;
}

/** Whether it is 24 lower-case hex digits. */
export function isObjectId(text: string): boolean {
  return /^[0-9a-f]{24}$/.test(text);
}

/** Unix milliseconds (whole seconds) of an id: `58238a93...` is 1478724243000. */
export function objectIdTime(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16) * 1000;
}

/**
 * A source of ids, each greater than the one before, as texts too: where the clock goes back the
 * last second stays, and when the counter runs over, the second moves on ahead of the clock.
 */
export function objectIds(source: ObjectIdSource): () => string {
  mustHold(source.random.length === randomBytes, "an ObjectId has 5 random bytes");
  mustHold(isCounter(source.counter), "a counter has 3 bytes");
  const random = Array.from(source.random, (byte) => hex(byte, 2)).join("");
  let second = 0;
  let counter = source.counter;
  let front = { second: -1, text: "" };
  return () => {
    second = Math.max(second, Math.floor(source.now() / 1000));
    if (counter === counterEnd) {
      counter = 0;
      second += 1;
    }
    mustHold(second < secondsEnd, "an ObjectId holds 4 bytes of seconds");
    if (front.second !== second) front = { second, text: hex(second, 8) + random };
    const id = front.text + hex(counter, 6);
    counter += 1;
    return id;
  };
}

function isCounter(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < counterEnd;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

function mustHold(condition: boolean, message: string): void {
  if (!condition) throw new TypeError(message);
}
