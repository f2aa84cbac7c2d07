/**
 * Asks before what was typed into a form of people or roles is left; keeps nothing of it, since
 * there may be a password in it. Stands within the form.
 */
import { useEffect } from "react";
import { useFormState } from "react-hook-form";
import { useLeaving } from "../unsaved/use-unsaved.tsx";

/** @param next where what was made leads to; a form of what is there already stays. */
export function UnsavedForm({ next }: { readonly next?: string | undefined }) {
  const { dirtyFields, isSubmitting, isSubmitSuccessful } = useFormState();
  const isDirty = Object.keys(dirtyFields).length > 0;
  const isMade = next !== undefined && isSubmitSuccessful;
  const { question, leadOn } = useLeaving(isDirty, isSubmitting || isMade);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is led on once.
  useEffect(() => {
    if (isMade && !isSubmitting) leadOn(next);
  }, [isMade, isSubmitting, next]);
  return question;
}
