/**
 * Asks before what was typed into a form of people or roles is left; keeps nothing of it, since
 * there may be a password in it. Stands within the form.
 */
import { useFormState } from "react-hook-form";
import { useLeaving } from "../unsaved/use-unsaved.tsx";

export function UnsavedForm() {
  const { dirtyFields, isSubmitting, isSubmitSuccessful } = useFormState();
  const isDirty = Object.keys(dirtyFields).length > 0;
  return useLeaving(isDirty && !isSubmitting && !isSubmitSuccessful).question;
}
