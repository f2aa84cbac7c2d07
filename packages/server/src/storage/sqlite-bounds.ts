/**
 * How much the SQLite engine does in one turn of the event loop. Tests make them small, so that few
 * entities take every way through the engine.
 */
export interface SqliteBounds {
  /** Entities that may be looked at one by one on the main thread. */
  readonly candidatesMax: number;
  /** Rows of an index that are looked at in one turn. */
  readonly scannedMax: number;
  /** Half of them where some are large. */
  readonly windowEntitiesMax: number;
  /** Characters of bodies, past which a window ends. */
  readonly windowCharactersMax: number;
}

export const sqliteBounds: SqliteBounds = {
  candidatesMax: 2_000,
  scannedMax: 8_000,
  windowEntitiesMax: 1_000,
  windowCharactersMax: 1024 * 1024,
};
