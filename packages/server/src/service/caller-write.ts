/**
 * What every write of a caller goes through, whatever it writes: the store and its rules, one
 * transaction with the caller as it is then, and the version that the client knows.
 */
import { type Act, type Caller, type Method, StoaError, type StoredEntity } from "@stoa/domain";
import type { Transaction } from "../storage/engine.ts";
import { etagOf } from "./entity-writing.ts";
import type { House, StoreRules, Write } from "./house.ts";
import { type RouteValues, requireAct } from "./permission.ts";
import type { Attempt } from "./services.ts";
import { noStore, type Store } from "./store-catalog.ts";

export interface OpenedStore {
  readonly store: Store;
  readonly rules: StoreRules;
}

/** Errors: `not_found`; `method` for a verb that the store does not have. */
export function openStore(house: House, name: string, method: Method): OpenedStore {
  const store = house.catalog.get(name);
  const rules = house.rulesOf(name);
  if (rules.without?.includes(method)) {
    const allow = (["GET", "POST", "PATCH", "DELETE"] as const).filter(
      (verb) => !rules.without?.includes(verb),
    );
    throw new StoaError("method", `${name} does not take ${method}.`, { allow, store: name });
  }
  return { store, rules };
}

export interface WriteAs extends RouteValues {
  readonly act: Act;
  readonly store: string;
  readonly rules: StoreRules;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Is decided once this has come to the caller and the store as they are. */
  readonly attempt?: Attempt | undefined;
}

/** One transaction, with the caller as it is then (rule 13). */
export function writeAs<T>(
  house: House,
  caller: Caller,
  { act, store, rules, parameters = {}, attempt, ...values }: WriteAs,
  work: (write: Write) => Promise<T>,
): Promise<T> {
  return house.engine.transact(
    (tx) => {
      if (attempt) settle(attempt, house.rulesOf(store) === rules, store);
      const begin = (present: Caller) => {
        if (present !== caller) requireAct(present, act, values);
        const time = house.now();
        return work({ house, tx, caller: present, store, time, parameters, prepared: undefined });
      };
      const inside = house.callers.inside(tx, caller);
      // Without a promise where none is needed, as most works find their caller as it was.
      return inside instanceof Promise ? inside.then(begin) : begin(inside);
    },
    { alone: rules.alone ?? false },
  );
}

/** Errors: `precondition` for a version that is not the present one. */
export function requireMatch(
  entity: StoredEntity,
  tx: Transaction,
  ifMatch: readonly string[] | null | undefined,
): void {
  if (!ifMatch || ifMatch.includes(etagOf(entity, tx.tree))) return;
  throw stale();
}

/** Errors: `not_found` for a store that another process has made anew, as another kind. */
export function settle(attempt: Attempt, isSameKind: boolean, store: string): void {
  attempt.isDecided = isSameKind;
  if (!isSameKind) throw noStore(store);
}

export function stale(): StoaError {
  return new StoaError("precondition", "The entity has changed: read it again, then try again.");
}
