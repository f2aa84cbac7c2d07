/**
 * The definitions of all stores, in memory, with compiled schemas; follows the commits. Decides
 * nothing about callers.
 */
import {
  type Change,
  type Flavour,
  hasTooManyWords,
  isSystemStore,
  type JsonObject,
  limit,
  pathText,
  StoaError,
  type StoreDefinition,
  type StoreFields,
  storeDefinition,
  systemStore,
  systemStoreNames,
  type Violation,
  violation,
} from "@stoa/domain";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { RE2JS } from "re2js";

/** Lists every violation of the own fields; empty when they are well. */
export type Validate = (fields: JsonObject) => readonly Violation[];

export interface Store {
  readonly definition: StoreDefinition;
  readonly validate: Validate;
}

export class StoreCatalog {
  readonly #stores = new Map<string, Store>();

  constructor() {
    for (const name of systemStoreNames) this.#add(systemStore(name));
  }

  /** Errors: `not_found` naming the store. */
  get(name: string): Store {
    const store = this.#stores.get(name);
    if (!store) throw noStore(name);
    return store;
  }

  /** What is in the store; of one that is not there, nothing particular. */
  flavourOf(name: string): Flavour {
    return this.#stores.get(name)?.definition.flavour ?? "entity";
  }

  has(name: string): boolean {
    return this.#stores.has(name);
  }

  /** Ordinary stores, by name. */
  definitions(): readonly StoreDefinition[] {
    const all = [...this.#stores.values()].map((store) => store.definition);
    return all
      .filter(({ name }) => !isSystemStore(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Takes in the entities of `stores` at start. */
  load(definitions: Iterable<StoreDefinition>): void {
    for (const definition of definitions) this.#add(definition);
  }

  follow(changes: readonly Change[]): void {
    for (const { store, before, after } of changes) {
      if (store !== "stores") continue;
      if (before) this.#stores.delete(fieldsOf(before.body).name);
      if (after) this.#add(storeDefinition(after.id, fieldsOf(after.body)));
    }
  }

  #add(definition: StoreDefinition): void {
    let compiled: Validate | undefined;
    // Compiled when it is first needed: a start with many stores must not wait for all of them.
    const validate: Validate = (fields) => {
      compiled ??= compileDefinition(definition);
      return compiled(fields);
    };
    this.#stores.set(definition.name, { definition, validate });
  }
}

export function fieldsOf(body: string): StoreFields & JsonObject {
  return JSON.parse(body) as StoreFields & JsonObject;
}

/** What the definition asks of an entity's own fields. Errors: those of `compileSchema`. */
export function compileDefinition({ schema, search }: Rules): Validate {
  const bySchema = schema ? compileSchema(schema) : () => [];
  if (search.length === 0) return bySchema;
  return (fields) => {
    if (!hasTooManyWords(search, fields)) return bySchema(fields);
    const path = search.map(pathText).join(" ");
    const message = `must have at most ${limit.searchedWordsMax} different words`;
    return [...bySchema(fields), { path, rule: "words", message }];
  };
}

type Rules = Pick<StoreDefinition, "schema" | "search">;

/**
 * Compiles a JSON Schema 2020-12. Errors: `validation` on `schema` with what the compiler says; the
 * words name places in the schema only.
 */
export function compileSchema(schema: JsonObject): Validate {
  if (Object.hasOwn(schema, "$async"))
    throw violation("schema.$async", "async", "is not supported");
  const validate = compile(schema);
  return (fields) => {
    if (validate(fields)) return [];
    return (validate.errors ?? []).slice(0, limit.violationsMax).map(toViolation);
  };
}

function compile(schema: JsonObject): ValidateFunction {
  try {
    schemaOfSchemas ??= newCompiler();
    if (!schemaOfSchemas.validateSchema(schema)) {
      throw new Error(schemaOfSchemas.errorsText(schemaOfSchemas.errors, { dataVar: "schema" }));
    }
    // A compiler of its own, which goes with it: one for all would keep what it ever compiled, and
    // let schemas meet by the names that they give themselves.
    return newCompiler({ meta: false, validateSchema: false }).compile(schema);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : "cannot be compiled";
    throw violation("schema", "schema", words);
  }
}

function newCompiler(options: { meta?: boolean; validateSchema?: boolean } = {}): Ajv2020 {
  const compiler = new Ajv2020({
    ...options,
    allErrors: true,
    strict: false,
    ownProperties: true,
    validateFormats: true,
    logger: false,
    code: { regExp: linearPattern },
  });
  addFormats.default(compiler);
  return compiler;
}

/** A pattern that runs in linear time, whatever the text: a schema cannot stop the server. */
function linearPattern(pattern: string) {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  return {
    test: (text: string) => compiled.matcher(text).find(),
    // The compiler of schemas tells patterns apart by this text.
    toString: () => `/${pattern}/u`,
  };
}
linearPattern.code = "linearPattern";

/** Made once, since that takes longer than all others; not before it is needed. */
let schemaOfSchemas: Ajv2020 | undefined;

function toViolation({ instancePath, keyword, message, params }: ErrorObject): Violation {
  const unescaped = instancePath.slice(1).replaceAll("/", ".");
  const place = unescaped.replaceAll("~1", "/").replaceAll("~0", "~");
  const missing = params["missingProperty"] ?? params["additionalProperty"];
  const path = [place, missing].filter(Boolean).join(".");
  const words = plainWords[keyword] ?? message ?? "is not valid";
  return { path, rule: keyword, message: words };
}

export function noStore(name: string): StoaError {
  return new StoaError("not_found", `There is no store "${name}".`, { store: name });
}

/** Where the path says what the compiler's words say once more. */
const plainWords: Readonly<Record<string, string>> = {
  required: "is required",
  additionalProperties: "is no field of this store",
};

/** The error for a body that breaks its store's schema. */
export function violationsError(violations: readonly Violation[], store: string): StoaError {
  const [first] = violations;
  const more = violations.length > 1 ? ` and ${violations.length - 1} more` : "";
  const message = `${first?.path || "The body"}: ${first?.message}${more}`;
  return new StoaError("validation", message, { details: violations, store });
}
