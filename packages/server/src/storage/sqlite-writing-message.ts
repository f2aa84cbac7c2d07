/**
 * What the main thread and the thread that writes say to each other.
 */
import type { PackedEntries } from "./sqlite-entry-packing.ts";

export interface WritingPlace {
  readonly file: string;
  /** Descriptor of the write-ahead log, to force it by. */
  readonly log: number;
  /** How many orders the main thread has done with; below zero nothing is committed any more. */
  readonly heard: Int32Array;
}

export type WritingOrder =
  | {
      readonly kind: "write";
      readonly entries: PackedEntries;
      readonly lasts: readonly (readonly [store: string, sequence: number])[];
      /** The last change that it builds on. */
      readonly base: number;
      /** Its own last one. */
      readonly sequence: number;
      /** Whether it is done only once the log is on disk. */
      readonly isForced: boolean;
    }
  | { readonly kind: "close" };

export type WritingAnswer =
  /** How many groups have numbers now. */
  | { readonly kind: "done"; readonly groups: number }
  /** Nothing is written, as if it had not been asked for. */
  | { readonly kind: "refused"; readonly message: string };
