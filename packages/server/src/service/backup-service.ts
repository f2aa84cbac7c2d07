/**
 * Copies of the whole database: for members of the root, and their content for its administrators,
 * since it holds what everybody has, and the verifiers of passwords (rule 8).
 */
import {
  type Caller,
  hasRootReach,
  holdsPattern,
  type Method,
  parseCredential,
  StoaError,
} from "@stoa/domain";
import type { House } from "./house.ts";
import { requireAct } from "./permission.ts";
import type { Backup, BackupContent, BackupEvent, BackupFiles, Backups } from "./services.ts";

export class HouseBackups implements Backups {
  readonly #house: House;
  readonly #files: BackupFiles | string;

  /** @param files a text where there are none: what to do instead. */
  constructor(house: House, files: BackupFiles | string) {
    this.#house = house;
    this.#files = files;
  }

  async list(caller: Caller): Promise<readonly Backup[]> {
    return this.#filesFor(caller, "GET", ["backups"]).list();
  }

  make(caller: Caller): AsyncGenerator<BackupEvent> {
    return this.#filesFor(caller, "POST", ["backups"]).make();
  }

  async open(caller: Caller, name: string): Promise<BackupContent> {
    const files = this.#filesFor(caller, "GET", ["backups", ":name"]);
    if (!holdsPattern(caller, parseCredential("*"))) {
      throw new StoaError("forbidden", "Only administrators may take the whole database away.");
    }
    return files.open(name);
  }

  async remove(caller: Caller, name: string): Promise<void> {
    await this.#filesFor(caller, "DELETE", ["backups", ":name"]).remove(name);
  }

  #filesFor(caller: Caller, method: Method, path: readonly string[]): BackupFiles {
    requireAct(caller, { method, path });
    if (!hasRootReach(caller, this.#house.engine.tree)) {
      throw new StoaError("forbidden", "Only members of the root group look after backups.");
    }
    if (typeof this.#files !== "string") return this.#files;
    throw new StoaError("unavailable", this.#files);
  }
}
