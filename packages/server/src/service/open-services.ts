/**
 * Puts the services together over one engine: definitions and callers follow its commits. Alone
 * knows all of this floor; what it gives the transports is `services.ts`.
 */
import { randomBytes, randomInt } from "node:crypto";
import {
  type IdKind,
  limit,
  objectIds,
  StoaError,
  type StoreDefinition,
  storeDefinition,
  timeUuids,
} from "@stoa/domain";
import type { Commit, Engine, EngineOptions, Transaction } from "../storage/engine.ts";
import { HouseBackups } from "./backup-service.ts";
import { Callers } from "./caller-service.ts";
import { ChangeFeed } from "./change-feed.ts";
import { changesPage } from "./changes-page.ts";
import { definitionsShownTo } from "./definition-rules.ts";
import { EntityHistory } from "./entity-history.ts";
import { HouseImports } from "./entity-import.ts";
import { CallerEntities } from "./entity-service.ts";
import { type FirstAdministrator, firstReferences, firstStart } from "./first-start.ts";
import type { House } from "./house.ts";
import { HouseDirectory } from "./house-directory.ts";
import { keyedRequest } from "./idempotency.ts";
import type { Observe } from "./observation.ts";
import { permissionList } from "./permission-list.ts";
import { loadSample } from "./sample-loading.ts";
import type { BackupFiles, SampleSource, Services } from "./services.ts";
import { HouseSessions } from "./session-service.ts";
import { fieldsOf, StoreCatalog } from "./store-catalog.ts";
import { inferredSchema } from "./store-inference.ts";
import { rulesOf } from "./store-rules.ts";
import { countsOf, statisticsOf } from "./store-statistics.ts";
import { Throttle } from "./throttle.ts";

export interface ServicesOptions {
  readonly openEngine: (options: EngineOptions) => Promise<Engine>;
  readonly administrator: FirstAdministrator;
  /** Unix milliseconds; the clock of ids, times and expiry. */
  readonly now?: () => number;
  readonly sessionLifeMs?: number;
  readonly observe?: Observe;
  /** Samples by their names. */
  readonly samples?: ReadonlyMap<string, SampleSource>;
  /** Copies of the database; a text where there are none: what to do instead. */
  readonly backups?: BackupFiles | string;
  /** Ids of entities; each greater than the ones before. */
  readonly newId?: (kind: IdKind) => string;
}

export interface OpenedServices {
  readonly services: Services;
  readonly engine: Engine;
  /** To be shown once; null unless the database was empty and no password was given. */
  readonly firstPassword: string | null;
}

export async function openServices({
  openEngine,
  administrator,
  now = Date.now,
  sessionLifeMs = limit.sessionLifeMs,
  newId = idSource(now),
  observe = () => {},
  samples = new Map(),
  backups = "There is nothing to copy.",
}: ServicesOptions): Promise<OpenedServices> {
  const catalog = new StoreCatalog();
  const feed = new ChangeFeed(observe);
  let callers: Callers | undefined;
  const onCommit = (commit: Commit) => {
    catalog.follow(commit.changes);
    callers?.follow(commit.changes);
    feed.onCommit(commit);
  };
  const engine = await openEngine({ onCommit, now });
  callers = new Callers(engine, now);
  const throttle = new Throttle(engine, now);
  const house: House = {
    engine,
    catalog,
    callers,
    throttle,
    newId,
    now,
    sessionLifeMs,
    rulesOf: (store) => rulesOf(store, catalog.flavourOf(store)),
  };
  const firstPassword = await firstStart(house, administrator);
  await firstReferences(house);
  await callers.begin(engine);
  // In one transaction, so that no other process comes between what is read and what is heard of.
  await engine.transact(
    async (tx) => {
      catalog.load(await readDefinitions(tx));
      feed.begin(house, tx.lastChange(["users", "roles", "groups"]));
    },
    { alone: true },
  );
  return { services: servicesOf(house, feed, { samples, backups }), engine, firstPassword };
}

function servicesOf(
  house: House,
  feed: ChangeFeed,
  { samples, backups }: Required<Pick<ServicesOptions, "samples" | "backups">>,
): Services {
  return {
    entitiesOf: (caller, { keyed, room, attempt } = {}) =>
      new CallerEntities(house, caller, {
        keyed: keyed ? keyedRequest(caller, keyed) : null,
        room: room ?? null,
        attempt,
      }),
    sequence: () => house.engine.sequence,
    sessions: new HouseSessions(house),
    directory: new HouseDirectory(house),
    stores: {
      shownTo: (caller) => definitionsShownTo(house, caller),
      inferred: (caller, store, samplesMax) => inferredSchema(house, caller, store, samplesMax),
      counts: (caller) => countsOf(house, caller),
      permissions: (caller, acts) => permissionList(house, caller, acts),
      statistics: (caller) => statisticsOf(house, caller),
    },
    history: new EntityHistory(house),
    imports: new HouseImports(house),
    backups: new HouseBackups(house, backups),
    samples: {
      load: (caller, question) => {
        const source = samples.get(question.name);
        if (!source) throw new StoaError("not_found", "There is no such sample.");
        return loadSample(house, caller, { ...question, source });
      },
    },
    feed: {
      attach: (caller, receiver) => feed.attach(caller, receiver),
      changes: (caller, question) => changesPage(house, feed, caller, question),
      settle: () => feed.settle(),
      close: () => feed.close(),
    },
  };
}

/** Ids of both kinds, of one process: they go up, and no other process makes the same. */
function idSource(now: () => number): (kind: IdKind) => string {
  const objectId = objectIds({ now, random: randomBytes(5), counter: randomInt(0x1000000) });
  const uuid = timeUuids({ now, node: randomBytes(6), random: () => randomBytes(4) });
  return (kind) => (kind === "uuid" ? uuid() : objectId());
}

async function readDefinitions(tx: Transaction): Promise<StoreDefinition[]> {
  const all = { kind: "all", of: [] } as const;
  const stores = await tx.find("stores", all, Number.POSITIVE_INFINITY);
  return stores.map(({ id, body }) => storeDefinition(id, fieldsOf(body)));
}
