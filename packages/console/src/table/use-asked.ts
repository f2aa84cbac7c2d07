/**
 * What a table is asked for, kept in the address of its page. Knows no drawing.
 */
import { useCallback, useMemo, useRef } from "react";
import { useHref, useLocation, useSearchParams } from "react-router-dom";
import { type Asked, askedOf, parametersOf } from "./asked.ts";

/** Some of it anew, or what becomes of it as it is now. */
export type Change = Partial<Asked> | ((asked: Asked) => Partial<Asked>);

/** @returns what is asked for, and what changes some of it; the latter stays the same. */
export function useAsked(): readonly [Asked, (change: Change) => void] {
  const [parameters, setParameters] = useSearchParams();
  const text = parameters.toString();
  const asked = useMemo(() => askedOf(new URLSearchParams(text)), [text]);
  const here = useHref(useLocation().pathname);
  const latest = useRef({ setParameters, here });
  latest.current = { setParameters, here };
  const ask = useCallback((change: Change) => {
    const now = latest.current;
    // What stands in the address may not be drawn yet.
    const [page, query = ""] = window.location.hash.split(/\?(.*)/s);
    // The page that somebody goes to may still be loading, and is not taken back for this one.
    if (page !== now.here) return;
    const present = askedOf(new URLSearchParams(query));
    const some = typeof change === "function" ? change(present) : change;
    now.setParameters(parametersOf({ ...present, ...some }), { replace: true });
  }, []);
  return [asked, ask];
}
