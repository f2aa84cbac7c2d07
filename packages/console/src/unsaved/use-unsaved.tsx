/**
 * Looks after what was typed and not saved: keeps it through the end of a session, and asks before
 * it is left behind. Knows no form.
 */
import { Button, Dialog, DialogActions, DialogContent, DialogTitle } from "@mui/material";
import { type ReactNode, type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { useTranslate } from "react-admin";
import { type BlockerFunction, useBlocker, useNavigate } from "react-router-dom";
import { forgetDraft, keepDraft, readDraft } from "./drafts.ts";
import { isLeavingForced } from "./leaving.ts";

export interface Unsaved {
  /** To be drawn: asks whether to leave, when somebody is about to. */
  readonly question: ReactNode;
  /**
   * What was typed is saved now: leads on to a page, or to where somebody wanted to go meanwhile,
   * and asks nothing.
   */
  readonly leadOn: (to: string) => void;
}

/** What was typed here before the page was loaded anew; null for nothing. Read once. */
export function useDraft<T>(name: string): T | null {
  const [kept] = useState(() => readDraft<T>(name));
  return kept;
}

/**
 * @param draft what to keep while there is something unsaved; null where there is nothing.
 * @param isSaving whether it is on its way to the server: who leaves then waits, and is asked only
 * when it was refused.
 */
export function useUnsaved(name: string, draft: unknown, isSaving = false): Unsaved {
  const text = JSON.stringify(draft);
  useEffect(() => {
    if (text === "null") forgetDraft(name);
    else keepDraft(name, JSON.parse(text));
  }, [name, text]);
  return useLeaving(draft !== null, isSaving, () => forgetDraft(name));
}

/** The same without keeping anything: for what holds secrets. */
export function useLeaving(
  isUnsaved: boolean,
  isSaving = false,
  onRelease: () => void = () => {},
): Unsaved {
  const navigate = useNavigate();
  const isReleased = useRef(false);
  useEffect(() => {
    isReleased.current = false;
    if (!isUnsaved) return;
    const ask = (event: BeforeUnloadEvent) => {
      if (!isReleased.current && !isLeavingForced()) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isUnsaved]);
  const hold = useHold(isUnsaved);
  const leadOn = (to: string) => {
    isReleased.current = true;
    onRelease();
    if (hold.isHolding.current) hold.letGo.current();
    else void navigate(to);
  };
  const leave = () => {
    isReleased.current = true;
    onRelease();
  };
  const question = (isUnsaved || hold.isHolding.current) && (
    <Leaving {...{ isUnsaved, isSaving, isReleased, hold }} onLeave={leave} />
  );
  return { question, leadOn };
}

/** Somebody who wants to go to another page, known before it is drawn that they are held. */
interface Hold {
  readonly hasUnsaved: RefObject<boolean>;
  readonly isHolding: RefObject<boolean>;
  readonly letGo: RefObject<() => void>;
  readonly end: () => void;
}

function useHold(isUnsaved: boolean): Hold {
  // What stands in the way is asked a moment longer than it is drawn.
  const hasUnsaved = useRef(isUnsaved);
  hasUnsaved.current = isUnsaved;
  const isHolding = useRef(false);
  const letGo = useRef(() => {});
  const [, drawAnew] = useState(0);
  const end = useCallback(() => {
    isHolding.current = false;
    drawAnew((count) => count + 1);
  }, []);
  return { hasUnsaved, isHolding, letGo, end };
}

interface LeavingProps {
  readonly isUnsaved: boolean;
  readonly isSaving: boolean;
  readonly isReleased: RefObject<boolean>;
  readonly hold: Hold;
  readonly onLeave: () => void;
}

/** Stands in the way while there is something unsaved, or somebody is held by what was. */
function Leaving({ isUnsaved, isSaving, isReleased, hold, onLeave }: LeavingProps) {
  const translate = useTranslate();
  const { hasUnsaved, isHolding, letGo, end } = hold;
  const mustStay = useCallback<BlockerFunction>(
    ({ currentLocation: from, nextLocation: to }) => {
      const isFree = !hasUnsaved.current || isReleased.current || from.pathname === to.pathname;
      if (!isFree) isHolding.current = true;
      return !isFree;
    },
    [isReleased, hasUnsaved, isHolding],
  );
  const blocker = useBlocker(mustStay);
  const proceed = () => {
    // That somebody is held is drawn a moment later, and so is that they are let go.
    if (blocker.state !== "blocked" || !isHolding.current) return;
    end();
    blocker.proceed();
  };
  letGo.current = proceed;
  useEffect(() => {
    if (!isUnsaved || isReleased.current) letGo.current();
  });
  if (blocker.state !== "blocked" || !isUnsaved || isSaving) return null;
  const stay = () => {
    blocker.reset();
    end();
  };
  const leave = () => {
    onLeave();
    proceed();
  };
  return (
    <Dialog open onClose={stay} maxWidth="xs">
      <DialogTitle>{translate("stoa.unsaved.title")}</DialogTitle>
      <DialogContent>{translate("stoa.unsaved.text")}</DialogContent>
      <DialogActions>
        <Button onClick={leave}>{translate("stoa.unsaved.leave")}</Button>
        <Button variant="contained" onClick={stay} autoFocus>
          {translate("stoa.unsaved.stay")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
