/**
 * A committed change: what realtime, resume, history, caches and other nodes all read.
 */
import type { StoredEntity } from "./entity.ts";

export interface Change {
  /** Position in the one sequence of all changes: 1, 2, 3, ... gaps allowed. */
  readonly sequence: number;
  readonly op: "insert" | "update" | "remove";
  readonly store: string;
  readonly id: string;
  /** Unix milliseconds. */
  readonly time: number;
  /** Id of the user who did it. */
  readonly by: string;
  /** The version before; null for an insert. */
  readonly before: StoredEntity | null;
  /** The version after; null for a removal. */
  readonly after: StoredEntity | null;
}

/** Characters of the bodies of both versions: about what it takes to hold or to send it. */
export function bodyCharacters({ before, after }: Change): number {
  return (before?.body.length ?? 0) + (after?.body.length ?? 0);
}
