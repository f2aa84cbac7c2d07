/**
 * Answers kept by Idempotency-Key: the record is written in the transaction of the creation itself,
 * so that a crash between the two cannot make a duplicate. Nothing that shows a secret is kept.
 */
import {
  type Caller,
  type ErrorCode,
  type Found,
  limit,
  StoaError,
  type Violation,
} from "@stoa/domain";
import type { Engine } from "../storage/engine.ts";
import type { House, Write } from "./house.ts";
import { hashOf } from "./secret.ts";

/** A request that may be sent again. */
export interface KeyedRequest {
  /** Name of the record: principal, route and key in one hash (rule 21). */
  readonly name: string;
  /** Of key and body: the body may hold a password, which its hash alone would give to guessing. */
  readonly bodyHash: string;
}

/** @param route `"POST cities"`; @param body the canonical text of the body. */
export function keyedRequest(
  caller: Caller,
  { route, key, body }: { route: string; key: string; body: string },
): KeyedRequest {
  return {
    name: hashOf(JSON.stringify([caller.user, route, key])),
    bodyHash: hashOf(JSON.stringify([key, body])),
  };
}

interface Answer {
  readonly bodyHash: string;
  readonly found?: readonly Found[];
  readonly refusal?: { code: ErrorCode; message: string; details?: readonly Violation[] };
}

/** The first answer, if there was one. Errors: that of the first; `conflict` for another body. */
export async function rememberedAnswer(
  reader: Pick<Engine, "recall">,
  { name, bodyHash }: KeyedRequest,
): Promise<readonly Found[] | undefined> {
  const record = await reader.recall("idempotency", name);
  if (!record) return undefined;
  const answer = JSON.parse(record.value) as Answer;
  if (answer.bodyHash !== bodyHash) {
    throw new StoaError("conflict", "This Idempotency-Key was used with another body.");
  }
  if (answer.found) return answer.found;
  const { code, message, details } = answer.refusal as NonNullable<Answer["refusal"]>;
  throw new StoaError(code, message, details ? { details } : {});
}

export async function rememberAnswer(
  { tx, store, time }: Write,
  keyed: KeyedRequest,
  found: readonly Found[],
): Promise<void> {
  if (store === "tokens") return;
  await tx.keep("idempotency", keyed.name, recordOf({ bodyHash: keyed.bodyHash, found }, time));
}

/** Keeps refusals that would be the same again; not those that ask to try again later. */
export async function rememberRefusal(
  house: House,
  keyed: KeyedRequest,
  cause: unknown,
): Promise<void> {
  if (!(cause instanceof StoaError) || !lastingRefusals.has(cause.code)) return;
  const { code, message, details } = cause;
  const refusal = details ? { code, message, details } : { code, message };
  const record = recordOf({ bodyHash: keyed.bodyHash, refusal }, house.now());
  await house.engine.transact(async (tx) => {
    if (!(await tx.recall("idempotency", keyed.name))) {
      await tx.keep("idempotency", keyed.name, record);
    }
  });
}

const lastingRefusals: ReadonlySet<ErrorCode> = new Set(["validation", "conflict", "not_found"]);

function recordOf(answer: Answer, now: number) {
  const value = JSON.stringify(answer);
  if (value.length > limit.idempotentAnswerBytesMax) {
    const most = limit.idempotentAnswerBytesMax;
    throw new StoaError(
      "too_large",
      `With an Idempotency-Key an answer has at most ${most} bytes.`,
    );
  }
  return { subject: "", value, expiresAt: now + limit.idempotencyLifeMs };
}
