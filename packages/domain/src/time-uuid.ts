/**
 * Ids of the reference API: 4 random bytes, 6 bytes Unix milliseconds, 6 bytes node, printed
 * 8-4-4-4-12 without the version bits of an RFC. They do not sort by time. Has no clock and no
 * random source of its own. Source: seed of the reference API, whose example is
 * `f199b9f2-016c-b30f-e345-50e54938780c` = 2019-08-21T07:24:18.629Z.
 */

const nodeBytes = 6;
const randomBytes = 4;
const randomEnd = 0x100000000;
const msEnd = 0x1000000000000;

export interface TimeUuidSource {
  /** Unix milliseconds. */
  now(): number;
  /** 6 bytes that name this process. */
  readonly node: Uint8Array;
  /** 4 fresh bytes. */
  random(): Uint8Array;
}

/** Whether it is 8-4-4-4-12 lower-case hex digits, of any version or none. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text);
}

/** Unix milliseconds in an id that `timeUuids` made; of other ids it says nothing. */
export function timeUuidTime(id: string): number {
  return Number.parseInt(id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23), 16);
}

/**
 * A source of ids that never repeats one: where random bytes come twice in a millisecond it takes
 * the next free ones, and where the clock goes back the last millisecond stays.
 */
export function timeUuids(source: TimeUuidSource): () => string {
  if (source.node.length !== nodeBytes) throw new TypeError("a node id has 6 bytes");
  const node = Array.from(source.node, (byte) => hex(byte, 2)).join("");
  let ms = 0;
  let taken = new Set<number>();
  return () => {
    const now = Math.floor(source.now());
    if (now > ms) {
      ms = now;
      taken = new Set();
    }
    if (ms >= msEnd) throw new TypeError("a uuid holds 6 bytes of milliseconds");
    let random = toNumber(source.random());
    while (taken.has(random)) random = (random + 1) % randomEnd;
    taken.add(random);
    const time = hex(ms, 12);
    return `${hex(random, 8)}-${time.slice(0, 4)}-${time.slice(4, 8)}-${time.slice(8)}-${node}`;
  };
}

function toNumber(bytes: Uint8Array): number {
  if (bytes.length !== randomBytes) throw new TypeError("a uuid has 4 random bytes");
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
