/**
 * What a table is asked for, kept in the address of its page. Knows no drawing.
 */
import { useCallback, useMemo, useRef } from "react";
import { useSearchParams } from "react-router-dom";
import { type Asked, askedOf, parametersOf } from "./asked.ts";

/** @returns what is asked for, and what changes some of it; the latter stays the same. */
export function useAsked(): readonly [Asked, (some: Partial<Asked>) => void] {
  const [parameters, setParameters] = useSearchParams();
  const text = parameters.toString();
  const asked = useMemo(() => askedOf(new URLSearchParams(text)), [text]);
  const latest = useRef({ asked, setParameters });
  latest.current = { asked, setParameters };
  const change = useCallback((some: Partial<Asked>) => {
    const now = latest.current;
    now.setParameters(parametersOf({ ...now.asked, ...some }), { replace: true });
  }, []);
  return [asked, change];
}
