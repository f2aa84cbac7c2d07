/**
 * Every bound of Stoa, unit and bound in the name. A thing that has no bound here has none.
 */

/** One body of a request, and so one entity: 16 MiB of UTF-8 JSON. */
export const bodyBytesMax = 16 * 1024 * 1024;
/** `value` of an object of the reference API, and what may stand around it in body and store. */
export const referenceValueBytesMax = 10 * 1024 * 1024;
export const referenceRestBytesMax = 64 * 1024;
/** Characters in the `type` of such an object. */
export const referenceTypeCharactersMax = 1_000;
/** Objects in one list of the reference API, and how many where nothing is said. */
export const referencePageMax = 10_000;
export const referencePageDefault = 100;
/** Nesting of a JSON value: `[[1]]` has depth 2. */
export const jsonDepthMax = 100;
/** Entities in one array POST. */
export const batchEntitiesMax = 10_000;
/** Entities in one list without `nolimit=true`; also the default (seed, "Working with lists"). */
export const pageEntitiesMax = 10_000;
/** Largest `limit` for which a list carries `Link: rel="next"`. */
export const linkedPageEntitiesMax = 1_000;
/** Operations in one JSON Patch (RFC 6902). */
export const patchOperationsMax = 1_000;
/** Dotted segments in a field path. */
export const pathSegmentsMax = 32;
/** Characters in a field path. */
export const pathCharactersMax = 1_000;
/** Fields named by `only`, keys named by `sortBy`. */
export const fieldsMax = 200;
export const sortKeysMax = 8;
/** Text of a filter, its nesting and its nodes (reference API; past them `validation`). */
export const filterBytesMax = 8 * 1024;
export const filterDepthMax = 32;
export const filterNodesMax = 256;
/** Text of a search, and different words in it. */
export const searchCharactersMax = 1_000;
export const searchWordsAskedMax = 32;
/** Characters by which a word is told from others, and different words of one entity. */
export const searchWordCharactersMax = 32;
export const searchedWordsMax = 8_000;
/** Paths whose texts are searched in one store. */
export const searchPathsMax = 32;
/** `where.` conditions in one request. */
export const conditionsMax = 100;
/** The group tree: depth, groups of one user, grants of one entity (rule 11). */
export const groupDepthMax = 32;
export const userGroupsMax = 64;
export const entityGrantsMax = 1_000;
/** Credentials of a role, scopes of a token, and characters in one of them. */
export const credentialsMax = 1_000;
export const credentialCharactersMax = 200;
/** Store definitions: unique sets, indexes, paths in one of them, text of the schema. */
export const storeIndexesMax = 32;
export const indexPathsMax = 8;
export const schemaBytesMax = 256 * 1024;
/** Imports: rows and bytes of one transaction, errors told one by one, rows of a preview. */
export const importBatchRowsMax = 200;
export const importBatchBytesMax = 1024 * 1024;
export const importErrorsMax = 1_000;
export const importPreviewDefault = 100;
export const importPreviewMax = 1_000;
export const importPreviewBytesMax = 4 * 1024 * 1024;
/** Copies of the database that are kept beside it. */
export const backupsMax = 10;
/** A schema out of samples: entities looked at, members of an object, places in all, depth. */
export const inferenceSamplesDefault = 1_000;
export const inferenceSamplesMax = 10_000;
export const schemaPropertiesMax = 200;
export const schemaNodesMax = 2_000;
export const schemaDepthMax = 20;
/** Sign-in: characters in a login and in a password. */
export const loginCharactersMax = 200;
export const passwordCharactersMax = 1_000;
export const passwordCharactersMin = 8;
/** Failures before 429, and the window they are counted in (rule 27). */
export const signInFailuresMax = 5;
export const signInAddressFailuresMax = 20;
export const signInWindowMs = 3 * 60 * 1000;
/** Life of a session and of a sign-in token, from the sign-in. */
export const sessionLifeMs = 24 * 60 * 60 * 1000;
/** Life of an idempotency key, and its characters. */
export const idempotencyLifeMs = 24 * 60 * 60 * 1000;
export const idempotencyKeyCharactersMax = 255;
/** Answers kept for an idempotency key; a larger one is not kept. */
export const idempotentAnswerBytesMax = 1024 * 1024;
/** Names in one answer of the directory. */
export const principalsMax = 1_000;
/** People named on each side of the impact of a move, where nothing is said. */
export const impactPeopleDefault = 100;
/** Violations listed in one error. */
export const violationsMax = 100;
/** Processes that serve the same data together. */
export const workersMax = 64;
/** Time from one announcement of commits to other processes to the next. */
export const announceMsMin = 2;
/** How often processes that serve the same data tell how busy they are. */
export const balanceMs = 100;
/** How long a process that leaves waits for answers that are under way: five minutes. */
export const leaveMsMax = 300_000;
/** How long metrics wait for the other processes; those that are silent are left out. */
export const metricsWaitMsMax = 1_000;
/** The load that is kept for the page about health: 360 points of ten seconds are an hour. */
export const loadPointMs = 10_000;
export const loadPointsMax = 360;
/** How often the database is asked how large it is, for the same. */
export const databaseSizeEveryMs = 60_000;
/** Entities of a store whose sizes are looked at to tell that of all. */
export const sizeSampleEntitiesMax = 200;
/** A query that has no index to follow: how long it may run. */
export const queryMsMax = 10_000;
/** What may be set instead of it, milliseconds. */
export const queryTimeoutMsMin = 100;
export const queryTimeoutMsMax = 600_000;
/** What waits in one process for a database: statements, queries without an index, and writes. */
export const statementsWaitingMax = 10_000;
export const queriesWaitingMax = 256;
export const writesWaitingMax = 10_000;
/** How long a database may say nothing at all, which cancels by itself what takes too long. */
export const databaseSilenceMsMax = 15_000;
/**
 * A replica of the database: how far behind it may be to be read at all, how long a read waits for
 * it to take in a change, and how long it may be silent before it counts as away.
 */
export const replicaLagMsMax = 10_000;
export const replicaWaitMsMax = 100;
export const replicaSilenceMsMax = 2_000;
/** Subscriptions of one socket or stream, and calls of one socket that run at the same time. */
export const subscriptionsMax = 1_000;
/** Subscriptions of one socket that are told of the past at the same time; the others wait. */
export const replaysAtOnceMax = 8;
export const socketCallsMax = 64;
/** How long a client waits for a server to speak over a socket, before it tries another way. */
export const socketOpeningMsMax = 6_000;
/** Pings of Socket.IO, milliseconds: every interval, and missed after the timeout besides. */
export const pingIntervalMsDefault = 25_000;
export const pingTimeoutMsDefault = 60_000;
export const pingMsMin = 100;
export const pingMsMax = 600_000;
/** What waits for a receiver that reads slowly; past either it gets a gap instead. */
export const queuedEventsMax = 10_000;
export const queuedBytesMax = 8 * 1024 * 1024;
/** What a socket may leave unread of what it asked for itself, before it is cut off. */
export const unreadBytesMax = 32 * 1024 * 1024;
/** Changes kept in memory for those who follow closely; earlier ones are read from the log. */
export const windowChangesMax = 10_000;
export const windowBytesMax = 32 * 1024 * 1024;
/** What is read of the log at once: both versions of all changes; one more may go beyond. */
export const logPieceBytesMax = 8 * 1024 * 1024;
/**
 * Changes in one answer of `/changes`, records of the log that one answer looks at, and bytes of
 * what it shows; one more may go beyond.
 */
export const changesPageMax = 10_000;
export const changesPageDefault = 1_000;
export const changesScannedMax = 20_000;
export const changesBytesMax = 16 * 1024 * 1024;
/** Changes in one answer of the history of an entity. */
export const historyPageMax = 1_000;
export const historyPageDefault = 100;
/** Both versions of all changes in one such answer; one more may go beyond. */
export const historyBytesMax = 16 * 1024 * 1024;
/**
 * What stands below a moved group in the stores that one subscription follows, and how many changes
 * later it can still be told of; moves in one replay. Past any of them it is a gap.
 */
export const movedEntitiesMax = 10_000;
export const movedBytesMax = 8 * 1024 * 1024;
export const movedChangesMax = 20_000;
export const movesReplayedMax = 32;
/** What the filter of one subscription may take of each second, before it is ended. */
export const filterMsPerSecondMax = 100;
/** How often what is over, of the log and of kept records, is swept. */
export const sweepEveryMs = 60_000;
/** How long, and how much of, the log of changes is kept where nothing else is said. */
export const logAgeMsDefault = 7 * 24 * 60 * 60 * 1000;
export const logBytesDefault = 4 * 1024 * 1024 * 1024;
