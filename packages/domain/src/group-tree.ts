/**
 * The tree of groups, as an immutable value: who is above and below whom. Entities keep only their
 * group; branch and reach follow from here, so moving a group touches one row.
 */
import type { StoredEntity } from "./entity.ts";
import { StoaError, violation } from "./error.ts";
import { type JsonObject, ownValue } from "./json.ts";
import { groupDepthMax } from "./limit.ts";

export interface GroupNode {
  readonly id: string;
  /** Null for the root, and only for the root. */
  readonly parent: string | null;
  /** Sequence number of the last change of the group: a part of the ETag of what is in it. */
  readonly revision: number;
}

/** The place of a group in the tree, by its entity: without a parent it is the root. */
export function groupNodeOf({
  id,
  body,
  revision,
}: Pick<StoredEntity, "id" | "body" | "revision">): GroupNode {
  const parent = ownValue(JSON.parse(body) as JsonObject, "parent");
  return { id, parent: typeof parent === "string" ? parent : null, revision };
}

export class GroupTree {
  readonly root: string | null;
  readonly #nodes: ReadonlyMap<string, GroupNode>;
  readonly #children = new Map<string, string[]>();
  readonly #branches = new Map<string, Branch>();
  readonly #reaches = new Map<string, ReadonlySet<string>>();

  constructor(nodes: Iterable<GroupNode> = []) {
    this.#nodes = new Map([...nodes].map((node) => [node.id, node]));
    let root: string | null = null;
    for (const { id, parent } of this.#nodes.values()) {
      if (parent === null) root = id;
      else this.#childrenOf(parent).push(id);
    }
    this.root = root;
  }

  get size(): number {
    return this.#nodes.size;
  }

  has(group: string): boolean {
    return this.#nodes.has(group);
  }

  parentOf(group: string): string | null {
    return this.#nodes.get(group)?.parent ?? null;
  }

  childrenOf(group: string): readonly string[] {
    return this.#children.get(group) ?? [];
  }

  /** The group and its ancestors, root last; of an unknown group, itself alone. */
  branchOf(group: string): readonly string[] {
    return this.#branch(group).ids;
  }

  /** The same as JSON text, ready to be spliced into an entity. */
  branchText(group: string): string {
    return this.#branch(group).text;
  }

  /** Changes whenever the branch of the group may read differently. */
  branchRevision(group: string): number {
    return this.#branch(group).revision;
  }

  /** The groups and all below them. The same groups give the same set object. */
  reachOf(groups: readonly string[]): ReadonlySet<string> {
    const [only] = groups;
    // To join them costs as much as to look for what comes of it.
    const key = groups.length === 1 && only !== undefined ? only : groups.join();
    const known = this.#reaches.get(key);
    if (known) return known;
    const reach = new Set<string>();
    const open = groups.filter((group) => this.has(group));
    for (let group = open.pop(); group !== undefined; group = open.pop()) {
      if (reach.has(group)) continue;
      reach.add(group);
      open.push(...this.childrenOf(group));
    }
    if (this.#reaches.size >= reachesKeptMax) this.#reaches.clear();
    this.#reaches.set(key, reach);
    return reach;
  }

  /** The tenant of a group: the ancestor right below the root, or the root itself for the root. */
  tenantOf(group: string): string | null {
    return this.branchOf(group).at(-2) ?? this.root;
  }

  /**
   * A tree with this group added or moved. Errors: `validation` for cycles, depth, a second root.
   */
  with(node: GroupNode): GroupTree {
    this.#checkPlace(node);
    return new GroupTree([...[...this.#nodes.values()].filter((n) => n.id !== node.id), node]);
  }

  without(group: string): GroupTree {
    return new GroupTree([...this.#nodes.values()].filter((node) => node.id !== group));
  }

  /** A tree that was: each of these groups where it stood, null for one that was not there. */
  withPlaces(places: ReadonlyMap<string, GroupNode | null>): GroupTree {
    const nodes = new Map(this.#nodes);
    for (const [id, node] of places) {
      if (node) nodes.set(id, node);
      else nodes.delete(id);
    }
    return new GroupTree(nodes.values());
  }

  #checkPlace({ id, parent }: GroupNode): void {
    if (parent === null) {
      if (this.root === null || this.root === id) return;
      throw violation("parent", "required", "a group needs a parent; there is one root");
    }
    if (!this.has(parent)) throw violation("parent", "exists", "no such group in reach");
    if (this.branchOf(parent).includes(id)) {
      throw violation("parent", "cycle", "a group cannot stand below itself");
    }
    const depth = this.branchOf(parent).length + this.#heightOf(id);
    if (depth > groupDepthMax) {
      throw violation("parent", "depth", `groups stand at most ${groupDepthMax} deep`);
    }
  }

  /** Levels of the subtree of a group, itself included: 1 for a leaf or a new group. */
  #heightOf(group: string): number {
    return 1 + Math.max(0, ...this.childrenOf(group).map((child) => this.#heightOf(child)));
  }

  #childrenOf(parent: string): string[] {
    const known = this.#children.get(parent);
    if (known) return known;
    const children: string[] = [];
    this.#children.set(parent, children);
    return children;
  }

  #branch(group: string): Branch {
    const known = this.#branches.get(group);
    if (known) return known;
    const branch = this.#climb(group);
    this.#branches.set(group, branch);
    return branch;
  }

  #climb(group: string): Branch {
    const ids: string[] = [];
    let revision = 0;
    for (let at: string | null = group; at !== null; at = this.parentOf(at)) {
      if (ids.length > groupDepthMax) throw new StoaError("internal", "cycle in the group tree");
      ids.push(at);
      revision = Math.max(revision, this.#nodes.get(at)?.revision ?? 0);
    }
    return { ids, text: JSON.stringify(ids), revision };
  }
}

interface Branch {
  readonly ids: readonly string[];
  readonly text: string;
  readonly revision: number;
}

/** Sets kept per tree; past it they are computed anew. */
const reachesKeptMax = 1_000;
