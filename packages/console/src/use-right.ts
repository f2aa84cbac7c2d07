/**
 * Whether the one who is signed in may do something, and why not: the console asks before it shows
 * a button, the server decides.
 */
import type { Method } from "@stoa/domain";
import { useQuery } from "@tanstack/react-query";
import { useTranslate } from "react-admin";
import { isAllowed, self } from "./connection.ts";

/** Until it is known who asks, everything counts as allowed, so that nothing flickers. */
export function useRight(method: Method, path: readonly string[]) {
  const translate = useTranslate();
  const { data: me } = useQuery({ queryKey: ["stoa", "self"], queryFn: self });
  const allowed = me === undefined || isAllowed(me, { method, path });
  const credential = `${method} ${path.join("/")}`;
  return {
    isKnown: me !== undefined,
    isAllowed: allowed,
    reason: allowed ? "" : translate("stoa.state.forbidden", { credential }),
  };
}

/** The same of the one right that holds all: `*`. */
export function useFullRight() {
  const translate = useTranslate();
  const { data: me } = useQuery({ queryKey: ["stoa", "self"], queryFn: self });
  const allowed = me === undefined || me.credentials.includes("*");
  return {
    isAllowed: allowed,
    reason: allowed ? "" : translate("stoa.state.forbidden", { credential: "*" }),
  };
}
