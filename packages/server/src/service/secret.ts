/**
 * Secrets as they are handed out and as they are kept: only hashes stay (rules 5, 7, 14).
 */
import { createHash, randomBytes } from "node:crypto";

/** Prefix by which scanners of source code find leaked tokens. */
export const tokenPrefix = "stoa_";

/** 256 random bits: `stoa_Zk3...` for tokens, without the prefix for sessions. */
export function newSecret(prefix = ""): string {
  return prefix + randomBytes(32).toString("base64url");
}

/** SHA-256 in hex; enough for secrets of 256 random bits, which nobody guesses. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
