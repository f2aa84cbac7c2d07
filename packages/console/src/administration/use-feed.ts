/**
 * The last changes and those that come, as many as one looks at. Knows the feed; no drawing.
 */
import type { EntityChange, FollowEvent } from "@stoa/client";
import type { JsonObject } from "@stoa/domain";
import { useEffect, useRef, useState } from "react";
import { client } from "../connection.ts";

export type FeedLine = EntityChange<JsonObject> | { readonly kind: "gap"; readonly seq: number };

const linesMax = 300;
/** How much of what happened before is shown at first. */
const pastMax = 100;
const gatherMs = 200;

interface Heard {
  readonly lines: readonly FeedLine[];
  /** What came while it was paused. */
  readonly waiting: readonly FeedLine[];
}

const nothingHeard: Heard = { lines: [], waiting: [] };

/** @param store its name; empty for all. */
export function useFeed(store: string) {
  const [{ lines, waiting }, setHeard] = useState(nothingHeard);
  const [isPaused, setPaused] = useState(false);
  const [isLoading, setLoading] = useState(true);
  const [problem, setProblem] = useState<unknown>(null);
  const paused = useRef(false);
  useEffect(() => {
    const ending = new AbortController();
    let come: FeedLine[] = [];
    let timer: number | undefined;
    const show = () => {
      window.clearTimeout(timer);
      timer = undefined;
      const fresh = come.reverse();
      come = [];
      setHeard((all) => {
        const to = paused.current ? "waiting" : "lines";
        return { ...all, [to]: [...fresh, ...all[to]].slice(0, linesMax) };
      });
    };
    const hear = async () => {
      for await (const line of linesOf(store, ending.signal)) {
        if (line === "present") {
          show();
          setLoading(false);
        } else {
          come.push(line);
          timer ??= window.setTimeout(show, gatherMs);
        }
      }
    };
    setHeard(nothingHeard);
    setProblem(null);
    setLoading(true);
    hear().catch((error: unknown) => {
      if (!ending.signal.aborted) setProblem(error);
    });
    return () => {
      ending.abort();
      window.clearTimeout(timer);
    };
  }, [store]);
  const halt = (is: boolean) => {
    paused.current = is;
    setPaused(is);
  };
  return {
    lines,
    problem,
    isLoading: isLoading && problem === null,
    isPaused,
    waiting: waiting.length,
    pause: () => halt(true),
    resume: () => {
      halt(false);
      setHeard((all) => ({
        lines: [...all.waiting, ...all.lines].slice(0, linesMax),
        waiting: [],
      }));
    },
  };
}

/** The last of the past, `present`, then what comes. */
async function* linesOf(store: string, signal: AbortSignal): AsyncGenerator<FeedLine | "present"> {
  let isFirst = true;
  const events: AsyncIterable<FollowEvent<JsonObject>> =
    store === "" ? client.follow({ signal }) : client.store(store).follow({}, { signal });
  for await (const event of events) {
    if (event.kind !== "begun") yield event;
    else if (isFirst) {
      yield* pastOf(store, event.seq, signal);
      yield "present";
    }
    isFirst = false;
  }
}

async function* pastOf(
  store: string,
  until: number,
  signal: AbortSignal,
): AsyncGenerator<FeedLine> {
  const since = Math.max(0, Math.floor(until) - pastMax);
  const question = { since, ...(store !== "" && { store }) };
  for await (const { changes } of client.changes(question, { signal })) {
    for (const change of changes) if (change.seq <= until) yield { kind: "change", ...change };
  }
}
