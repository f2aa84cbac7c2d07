/**
 * The forms of a text for one and for many, as the translator wants them: in English two, in
 * Russian three.
 */
export function forms(...texts: readonly string[]): string {
  return texts.join(" |||| ");
}
