/**
 * Windows of those who see a part of a store, in the order of ids: out of what their groups hold,
 * what they own and what was granted to them. Decides which of these are asked; knows no texts.
 */
import type { Visibility } from "@stoa/domain";
import type { SqlValue } from "./sql-filter.ts";
import {
  groupsSql,
  type Merge,
  mergeSql,
  othersSql,
  type Sources,
  sourcesOf,
} from "./sqlite-merge.ts";
import { type Gathered, gathered, isById, type Reading, type Values } from "./sqlite-pick.ts";
import type { Plan } from "./sqlite-plan.ts";

/** The window that is wanted. */
export interface MergedWindow {
  readonly after: Values | null;
  readonly limit: number;
  readonly wanted: number;
  /** Only the keys are wanted. */
  readonly isSkipping: boolean;
}

export class Merging {
  readonly #plan: Plan;
  readonly #sources: Sources;
  readonly #attempts: Attempts;
  /** Where it is known that nothing but what the groups hold comes: after an id, up to another. */
  readonly #alone = new Map<SqlValue, SqlValue>();

  private constructor(plan: Plan, sources: Sources, attempts: Attempts) {
    this.#plan = plan;
    this.#sources = sources;
    this.#attempts = attempts;
  }

  /** How the list of a plan can be merged, if it can. */
  static of({ connection, table }: Reading, plan: Plan): Merging | undefined {
    const [rule] = plan.rest;
    if (!isById(plan.keys) || plan.range.sql !== "TRUE") return undefined;
    if (plan.rest.length !== 1 || rule?.kind !== "visible") return undefined;
    const sources = sourcesOf(connection, rule);
    return sources && new Merging(plan, sources, attemptsOf(rule, table.n));
  }

  /** Whether nothing is looked for along the index of ids before. */
  comesFirst(): boolean {
    return !this.#attempts.along.ask() || this.#sources.count <= fewSources;
  }

  /** How far looking along the index of ids may go for about what merging costs. */
  stretch(wanted: number): number {
    return Math.max(200, 10 * this.#sources.count + 2 * wanted);
  }

  /** Looking along the index has not paid. */
  rememberSparse(): void {
    this.#attempts.along.failed();
  }

  /** What the groups hold, if nothing else comes in between; else all sources, merged. */
  read(reading: Reading, window: MergedWindow): Gathered {
    const { keys } = this.#plan;
    const { limit, wanted, isSkipping } = window;
    const descending = keys[0]?.descending === true;
    const after = window.after?.[0] ?? null;
    const merge = { table: reading.table, sources: this.#sources, descending, after, limit };
    const picked = { keys, isSkipping, most: wanted };
    const ofGroups = this.#attempts.groups.ask() ? groupsSql(merge) : undefined;
    if (ofGroups) {
      const found = gathered(reading, { ...ofGroups, ...picked });
      if (!this.#hasOthers(reading, merge, found)) return found;
      this.#attempts.groups.failed();
    }
    return gathered(reading, { ...mergeSql(merge), ...picked });
  }

  /** Whether owners or grants bring anything in between. Nothing changes while this is kept. */
  #hasOthers({ connection }: Reading, merge: Merge, found: Gathered): boolean {
    const isWhole = found.count < merge.limit && !found.isCut;
    const until = isWhole ? null : (found.last?.[0] ?? null);
    if (this.#alone.get(merge.after) === until && this.#alone.has(merge.after)) return false;
    const others = othersSql(merge, until);
    if (others && connection.first<[number]>(others.sql, others.values)?.[0] === 1) return true;
    if (this.#alone.size >= stretchesKeptMax) this.#alone.clear();
    this.#alone.set(merge.after, until);
    return false;
  }
}

/** What has failed is tried again only after some asks, and later each time that it fails. */
class Attempt {
  #left = 0;
  #next: number;

  constructor(asksMin: number) {
    this.#next = asksMin;
  }

  /** Whether it is to be tried in this ask. */
  ask(): boolean {
    if (this.#left === 0) return true;
    this.#left--;
    return false;
  }

  failed(): void {
    this.#left = this.#next;
    this.#next = Math.min(asksMax, 2 * this.#next);
  }
}

interface Attempts {
  readonly along: Attempt;
  readonly groups: Attempt;
}

function attemptsOf(rule: Visibility, table: number): Attempts {
  const known = tried.get(rule) ?? new Map<number, Attempts>();
  const attempts = known.get(table) ?? {
    along: new Attempt(asksMax),
    groups: new Attempt(1),
  };
  tried.set(rule, known.set(table, attempts));
  return attempts;
}

/** By table. */
const tried = new WeakMap<Visibility, Map<number, Attempts>>();
/** So often at most until it is tried again to look along the index, or at the groups alone. */
const asksMax = 100;
const stretchesKeptMax = 100;
/** So few are merged in the time in which a short stretch of the index is looked through. */
const fewSources = 8;
