/**
 * Workers over one folder under reads, writes and sockets, while one of them after the other is
 * killed, and now and then all of them.
 * `STOA_CHAOS_SECONDS=120` makes it the long run.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "./course.ts";
import { Crew } from "./crew.ts";

const seconds = Number(process.env["STOA_CHAOS_SECONDS"] ?? 3);
const killEveryMs = Math.min(2_000, (seconds * 1_000) / 4);

test("workers that are killed lose nothing and tell nothing twice", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "stoa-chaos-"));
  const crew = await Crew.start(folder, 1, ["--workers", "2"]);
  try {
    const harm = (isLate: () => boolean) => crew.killNow(killEveryMs, isLate);
    const found = await run({ crew, seconds, moveEveryMs: killEveryMs / 2, harm });
    context.diagnostic(`${seconds} s, ${crew.kills} kills; ${found}`);
  } finally {
    await crew.end();
    await rm(folder, { recursive: true });
  }
});
