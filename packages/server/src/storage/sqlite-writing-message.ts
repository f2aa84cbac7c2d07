/**
 * What the main thread and the thread that writes say to each other.
 */
import type { Entry, Together } from "./sqlite-entry.ts";
import type { PackedEntries } from "./sqlite-entry-packing.ts";

export interface WritingPlace {
  readonly file: string;
  /** Descriptor of the write-ahead log, to force it by. */
  readonly log: number;
  /** How many orders the main thread has done with; below zero nothing is committed any more. */
  readonly heard: Int32Array;
}

/** What one transaction writes. */
export interface Written extends Together {
  readonly entries: readonly Entry[];
  /** The last change that it builds on. */
  readonly base: number;
}

export type WritingOrder = WriteOrder | { readonly kind: "close" };

interface WriteOrder extends Omit<Written, "entries"> {
  readonly kind: "write";
  readonly entries: PackedEntries;
  /** Whether it is done only once the log is on disk. */
  readonly isForced: boolean;
}

export type WritingAnswer =
  /** How many groups have numbers now. */
  | { readonly kind: "done"; readonly groups: number }
  /** Nothing is written, as if it had not been asked for. */
  | { readonly kind: "refused"; readonly message: string };
