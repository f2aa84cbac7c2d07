/**
 * The header `Idempotency-Key` of POST (design 3, "Concurrency"). Keeping answers and comparing
 * bodies is for the service.
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
  const key = request.raw.headers["idempotency-key"];
  if (key === undefined) return undefined;
  const { idempotencyKeyCharactersMax } = limit;
  if (typeof key === "string" && key !== "" && key.length <= idempotencyKeyCharactersMax) {
    return { route, key, body: JSON.stringify(body) };
  }
  throw violation(
    "Idempotency-Key",
    "length",
    `must have 1 to ${idempotencyKeyCharactersMax} characters`,
  );
}
