/**
 * How numbers and times read: in the chosen language, as the region of the browser writes it.
 */
import { useLocaleState } from "react-admin";

/** `"en-GB"` where English was chosen in a browser from there. */
export function useFormatLocale(): string {
  const [language] = useLocaleState();
  return navigator.languages.find((one) => one.startsWith(language)) ?? language;
}
