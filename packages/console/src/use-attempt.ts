/**
 * Something that a person asked for while it is under way: once at a time, and what became of it.
 * Knows no call.
 */
import { useRef, useState } from "react";
import { useNotify, useTranslate } from "react-admin";
import { problemText } from "./problem-text.ts";
import { leaveWhereOver } from "./query-client.ts";

export interface Attempt {
  readonly isBusy: boolean;
  /** Why the last one failed; null where it did not. */
  readonly problem: unknown;
  /** Does nothing while another is under way. */
  readonly attempt: (what: () => Promise<unknown>) => void;
  readonly forget: () => void;
}

export function useAttempt(): Attempt {
  const [problem, setProblem] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  // The second click of a double click comes before the button is drawn anew.
  const isRunning = useRef(false);
  const run = async (what: () => Promise<unknown>) => {
    isRunning.current = true;
    setBusy(true);
    setProblem(null);
    try {
      await what();
    } catch (error) {
      leaveWhereOver(error);
      setProblem(error);
    } finally {
      isRunning.current = false;
      setBusy(false);
    }
  };
  return {
    isBusy,
    problem,
    attempt: (what) => {
      if (!isRunning.current) void run(what);
    },
    forget: () => setProblem(null),
  };
}

/** The same where there is no place for a problem: it is told below. */
export function useToldAttempt(): Pick<Attempt, "isBusy" | "attempt"> {
  const notify = useNotify();
  const translate = useTranslate();
  const { isBusy, attempt } = useAttempt();
  const tell = (error: unknown) => {
    leaveWhereOver(error);
    notify(problemText(error, translate), { type: "error" });
  };
  return { isBusy, attempt: (what) => attempt(() => what().catch(tell)) };
}
