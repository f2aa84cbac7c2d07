/**
 * Looks after what was typed and not saved: keeps it through the end of a session, and asks before
 * it is left behind. Knows no form.
 */
import { Button, Dialog, DialogActions, DialogContent, DialogTitle } from "@mui/material";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslate } from "react-admin";
import { useBlocker } from "react-router-dom";
import { forgetDraft, keepDraft, readDraft } from "./drafts.ts";
import { isLeavingForced } from "./leaving.ts";

export interface Unsaved {
  /** To be drawn: asks whether to leave, when somebody is about to. */
  readonly question: ReactNode;
  /** What was typed is saved now, or given up: leaving asks nothing. */
  readonly release: () => void;
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
  const isReleased = useRef(false);
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    isReleased.current = false;
    if (!isUnsaved) return;
    const ask = (event: BeforeUnloadEvent) => {
      if (!isReleased.current && !isLeavingForced()) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isUnsaved]);
  const release = () => {
    isReleased.current = true;
    onRelease();
  };
  const isFree = () => !isUnsaved || isReleased.current;
  const question = (isUnsaved || isHeld) && (
    <Leaving {...{ isUnsaved, isSaving, isFree }} onHold={setHeld} onLeave={release} />
  );
  return { question, release };
}

interface LeavingProps {
  readonly isUnsaved: boolean;
  readonly isSaving: boolean;
  readonly isFree: () => boolean;
  readonly onHold: (isHeld: boolean) => void;
  readonly onLeave: () => void;
}

/** Stands in the way while there is something unsaved, or somebody is held by what was. */
function Leaving({ isUnsaved, isSaving, isFree, onHold, onLeave }: LeavingProps) {
  const translate = useTranslate();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      !isFree() && currentLocation.pathname !== nextLocation.pathname,
  );
  const isHeld = blocker.state === "blocked";
  useEffect(() => onHold(isHeld), [isHeld, onHold]);
  useEffect(() => {
    if (isHeld && !isUnsaved) blocker.proceed();
  }, [isHeld, isUnsaved, blocker]);
  if (!isHeld || !isUnsaved || isSaving) return null;
  const stay = () => blocker.reset();
  const leave = () => {
    onLeave();
    blocker.proceed();
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
