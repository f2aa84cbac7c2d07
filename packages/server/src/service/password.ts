/**
 * Verifiers of passwords: argon2id (RFC 9106) in the PHC string format. Knows nothing of users.
 */
import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { StoaError } from "@stoa/domain";

const derive = promisify(argon2);

/** 19 MiB, two passes, one lane: the first choice of the OWASP cheat sheet for argon2id. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 };

/**
 * Derivations under way at once, and waiting; past that `unavailable`, so that memory stays
 * bounded.
 */
const runningMax = 2;
const waitingMax = 200;

let running = 0;
const waiting: (() => void)[] = [];

/** `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>` */
export async function passwordVerifier(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await hashPassword(password, salt, cost);
  const { memory, passes, parallelism } = cost;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${text(salt)}$${text(hash)}`;
}

/** Takes as long for no verifier as for a wrong password, so that logins cannot be told apart. */
export async function verifyPassword(
  password: string,
  verifier: string | undefined,
): Promise<boolean> {
  const parts = shape.exec(verifier ?? "");
  if (!parts?.groups) {
    await hashPassword(password, Buffer.alloc(16), cost);
    return false;
  }
  const { m, t, p, salt, hash } = parts.groups as Record<string, string>;
  const expected = Buffer.from(hash as string, "base64");
  const settings = { memory: Number(m), passes: Number(t), parallelism: Number(p) };
  const actual = await hashPassword(password, Buffer.from(salt as string, "base64"), settings);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

async function hashPassword(password: string, nonce: Buffer, settings: typeof cost) {
  await turn();
  try {
    return await derive("argon2id", { message: password, nonce, tagLength: 32, ...settings });
  } finally {
    running--;
    waiting.shift()?.();
  }
}

async function turn(): Promise<void> {
  if (running >= runningMax) {
    if (waiting.length >= waitingMax) {
      throw new StoaError("unavailable", "Too many sign-ins at once.", { retryAfterS: 5 });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  running++;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}

const shape =
  /^\$argon2id\$v=19\$m=(?<m>\d+),t=(?<t>\d+),p=(?<p>\d+)\$(?<salt>[\w+/]+)\$(?<hash>[\w+/]+)$/;
