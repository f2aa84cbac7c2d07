/**
 * The key under which something is created once: the header `Idempotency-Key` of POST, or a member
 * of a call's query (design 3, "Concurrency"). Keeping answers and comparing bodies is for the
 * service.
 */
import { type Json, limit, violation } from "@stoa/domain";
import type { FastifyRequest } from "fastify";
import type { Keyed } from "../../service/services.ts";

/**
 * The key of a request, with what it belongs to; undefined where none was sent.
 * @param route the resolved one: `"POST /api/v1/cities"`
 * Errors: `validation` for an empty or over-long key.
 */
export function keyedOf(request: FastifyRequest, route: string, body: Json): Keyed | undefined {
  return keyedBy(request.raw.headers["idempotency-key"], route, body, "Idempotency-Key");
}

/** The same for a key that came in another way, under the name that it has there. */
export function keyedBy(key: unknown, route: string, body: Json, name: string): Keyed | undefined {
  if (key === undefined) return undefined;
  const { idempotencyKeyCharactersMax } = limit;
  if (typeof key === "string" && key !== "" && key.length <= idempotencyKeyCharactersMax) {
    return { route, key, body: JSON.stringify(body) };
  }
  throw violation(name, "length", `must have 1 to ${idempotencyKeyCharactersMax} characters`);
}
