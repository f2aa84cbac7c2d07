/**
 * What followers of changes are told, and the entity in it, which is opened once for all of them.
 * Knows no wire form and no subscription.
 */
import {
  type Change,
  entityText,
  type GroupTree,
  type JsonObject,
  type Path,
  project,
  type StoaError,
  type StoredEntity,
} from "@stoa/domain";

/** `enter` and `leave`: it came into view or went out of it, whatever was changed. */
export type FeedOp = Change["op"] | "enter" | "leave";

export type FeedEvent =
  | FeedChange
  /** Something was missed: fetch what there is as of `seq`; what follows is later. */
  | { readonly kind: "gap"; readonly subscription: string; readonly seq: number }
  /** This subscription ends, others go on. */
  | { readonly kind: "end"; readonly subscription: string; readonly error: StoaError };

export interface FeedChange {
  readonly kind: "change";
  readonly subscription: string;
  /** A whole number; by a moved group one with a fraction (`partOf`), later than the one before. */
  readonly seq: number;
  readonly op: FeedOp;
  readonly store: string;
  readonly id: string;
  /** Unix milliseconds. */
  readonly time: number;
  /** Id of the user who did it. */
  readonly by: string;
  /** Null for `leave` and `remove`. */
  readonly entity: Shown | null;
}

/** An entity as one subscription shows it. */
export class Shown {
  readonly #version: Version;
  readonly #only: readonly Path[] | null;
  #text: string | undefined;

  constructor(version: Version, only: readonly Path[] | null) {
    this.#version = version;
    this.#only = only;
  }

  /** Of a whole entity the same for all who are told of it. */
  get text(): string {
    if (!this.#only) return this.#version.text;
    this.#text ??= JSON.stringify(project(this.#version.value, this.#only));
    return this.#text;
  }

  get group(): string {
    return this.#version.entity.group;
  }

  /** About as many bytes as it has on the wire. */
  get size(): number {
    return this.#version.entity.body.length + headSize;
  }
}

const headSize = 300;

/** One version of an entity, with the tree of its time. */
export class Version {
  readonly entity: StoredEntity;
  readonly tree: GroupTree;
  #text: string | undefined;
  #value: JsonObject | undefined;

  constructor(entity: StoredEntity, tree: GroupTree) {
    this.entity = entity;
    this.tree = tree;
  }

  get text(): string {
    this.#text ??= entityText(this.entity, this.tree.branchText(this.entity.group));
    return this.#text;
  }

  get value(): JsonObject {
    this.#value ??= JSON.parse(this.text) as JsonObject;
    return this.#value;
  }
}

/** A change with its versions opened, and the entity as it is now. */
export interface OpenedChange {
  /** Nothing of the entity has changed, only where its group stands. */
  readonly isMoved?: boolean;
  readonly change: Change;
  readonly before: Version | null;
  readonly after: Version | null;
  /** Null when it is gone. */
  readonly present: Version | null;
}
