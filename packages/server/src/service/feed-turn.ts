/**
 * How the feed shares the process with everything else: how much it does at once, and how often.
 */

export const changesAtOnce = 200;
/** How long it works before it lets others. */
export const turnMsMax = 10;
/** How long it waits after a fault, and how often it tries the same change again. */
export const againMs = 20;
export const faultsMax = 3;
/** Well within the second in which an end must be felt (rule 26). */
export const expiryEveryMs = 400;

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
