/**
 * The tree of groups as it was at any number of the log: the feed and whoever catches up go through
 * the same changes with the same trees. Knows no subscription.
 */
import { type Change, type GroupNode, type GroupTree, groupNodeOf, StoaError } from "@stoa/domain";
import { changesAtOnce, type Turns } from "./feed-turn.ts";

/** @param present what to go by where the change does not fit, such as after a lost stretch. */
export function treeAfter(tree: GroupTree, change: Change, present: GroupTree): GroupTree {
  const { id, after } = change;
  if (!stepOf(change)) return tree;
  if (!after) return tree.without(id);
  try {
    return tree.with(groupNodeOf(after));
  } catch (cause) {
    if (cause instanceof StoaError) return present;
    throw cause;
  }
}

/** Whether a group, and all below it, stands elsewhere since the change. */
export function isMove(change: Change): boolean {
  return change.op === "update" && stepOf(change) !== undefined;
}

/** Whether members of these groups reach the same ones in both trees. */
export function isSameReach(groups: readonly string[], a: GroupTree, b: GroupTree): boolean {
  const [one, other] = [a.reachOf(groups), b.reachOf(groups)];
  const known = compared.get(one)?.get(other);
  if (known !== undefined) return known;
  const isSame =
    one === other || (one.size === other.size && [...one].every((id) => other.has(id)));
  if (!compared.has(one)) compared.set(one, new WeakMap());
  compared.get(one)?.set(other, isSame);
  return isSame;
}

type Reach = ReadonlySet<string>;
/** Of many who follow, most are members of the same groups. */
const compared = new WeakMap<Reach, WeakMap<Reach, boolean>>();

/** The log, and where the feed stands in it. */
export interface TreeSource {
  readonly tree: GroupTree;
  readonly keptSince: number;
  readonly turns: Turns;
  changesAfter(sequence: number, countMax: number): Promise<readonly Change[]>;
}

/** What changed the tree, as far back as anybody has asked. */
export class TreePast {
  /** In order. */
  #steps: TreeStep[] = [];
  /** Every step later than this is here. */
  #since = 0;
  /** The latest asked for: the tree before the step with this number. */
  readonly #known = new Map<number, GroupTree>();
  #looking: Promise<unknown> = Promise.resolve();

  /** Begins anew at a number of the log. */
  begin(sequence: number): void {
    this.#steps = [];
    this.#since = sequence;
    this.#known.clear();
  }

  /** The feed takes a change; together with it `tree` becomes that after it. */
  add(change: Change, before: GroupTree): void {
    const step = stepOf(change);
    if (!step) return;
    this.#steps.push(step);
    this.#keep(step.sequence, before);
  }

  /** The tree behind all changes up to this number; reads the log where that lies far back. */
  async treeAt(sequence: number, source: TreeSource): Promise<GroupTree> {
    if (sequence < this.#since) await this.#lookBack(sequence, source);
    const later = this.#steps.filter((step) => step.sequence > sequence);
    const [next] = later;
    if (!next) return source.tree;
    const known = this.#known.get(next.sequence);
    if (known) return known;
    const places = new Map(later.toReversed().map(({ id, before }) => [id, before]));
    const tree = source.tree.withPlaces(places);
    this.#keep(next.sequence, tree);
    return tree;
  }

  #keep(sequence: number, tree: GroupTree): void {
    this.#known.set(sequence, tree);
    const [oldest] = this.#known.keys();
    if (this.#known.size > treesKeptMax && oldest !== undefined) this.#known.delete(oldest);
  }

  /** One after another, so that each begins where the one before has come to. */
  #lookBack(sequence: number, source: TreeSource): Promise<void> {
    const looking = this.#looking.then(() => this.#readBack(sequence, source));
    this.#looking = looking.catch(() => undefined);
    return looking;
  }

  async #readBack(sequence: number, source: TreeSource): Promise<void> {
    const until = this.#since;
    const found: TreeStep[] = [];
    for (let at = sequence; at < until; ) {
      const changes = await source.changesAfter(at, changesAtOnce);
      for (const change of changes) {
        const step = change.sequence <= until ? stepOf(change) : undefined;
        if (step) found.push(step);
      }
      at = changes.at(-1)?.sequence ?? until;
      await source.turns.next();
    }
    if (sequence >= until) return;
    this.#steps = [...found, ...this.#steps];
    this.#since = Math.max(sequence, source.keptSince);
  }
}

/** One change of the tree, so that it can be taken back. */
interface TreeStep {
  readonly sequence: number;
  readonly id: string;
  /** Where the group stood; null where it was not yet there. */
  readonly before: GroupNode | null;
}

function stepOf({ store, sequence, id, before, after }: Change): TreeStep | undefined {
  if (store !== "groups") return undefined;
  const node = before && groupNodeOf(before);
  if (node && after && groupNodeOf(after).parent === node.parent) return undefined;
  return { sequence, id, before: node };
}

const treesKeptMax = 8;
