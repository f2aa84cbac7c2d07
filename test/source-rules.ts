/**
 * The rules of style and of floors over a set of files. Pure: whoever calls says which files, so
 * that a planted violation can be tested as the tree itself is.
 */

import { basename, extname } from "node:path";
import type { SourceFile } from "./source-files.ts";
import { type Import, readSyntax, type Syntax } from "./source-syntax.ts";

/** e.g. `{path: "packages/domain/src/a.ts", line: 3, rule: "floor", message: "..."}`. */
export interface Problem {
  readonly path: string;
  readonly line: number;
  readonly rule: Rule;
  readonly message: string;
}

export type Rule =
  | "syntax" // a file that the parser cannot read proves nothing
  | "name" // a name that says nothing, or a second barrel
  | "opening" // no sentence at the top
  | "file-length"
  | "function-length"
  | "line-length"
  | "floor" // an arrow that goes up or sideways
  | "barrel" // a way into another package that is not its index.ts
  | "cycle"
  | "missing-import" // a file of this tree that is not there
  | "ambient"; // environment or arguments read below the roof

interface Parsed extends SourceFile, Syntax {}

const fileLinesMax = 400;
const functionLinesMax = 70;
const lineCharactersMax = 100;
const emptyWords = /^(utils?|helpers?|common|misc|managers?|models|controllers?|lib)$/;
const emptyNames = /^(types|constants)$/;

/** Who stands on what. A unit may import itself and those it names; all of them from the left. */
const floors: ReadonlyMap<string, readonly string[]> = new Map([
  ["domain", []],
  ["server/storage", ["domain"]],
  ["server/service", ["domain", "server/storage/engine.ts"]],
  ["server/transport", ["domain", "server/service"]],
  ["server/app", ["domain", "server/storage", "server/service", "server/transport"]],
  ["client", ["domain"]],
  ["cli", ["domain", "client"]],
  ["console", ["domain", "client"]],
]);
const ambientUnits = ["server/app", "cli"];

/** Every problem of these files, in their order; an empty array says that all is well. */
export function findProblems(files: readonly SourceFile[]): Problem[] {
  const parsed = files.map((file) => ({ ...file, ...readSyntax(file) }));
  const paths = new Set(files.map(({ path }) => path));
  return [...parsed.flatMap((file) => findFileProblems(file, paths)), ...findCycles(parsed)];
}

function findFileProblems(file: Parsed, paths: ReadonlySet<string>): Problem[] {
  return [
    ...findPlaceProblems(file),
    ...findSizeProblems(file),
    ...findImportProblems(file, paths),
  ];
}

function findPlaceProblems(file: Parsed): Problem[] {
  const { report, problems } = createReport(file.path);
  const name = findBadName(file.path);
  const unit = unitOf(file.path);
  for (const message of file.errors) report("syntax", 1, message);
  if (name !== undefined) report("name", 1, `the name "${name}" says nothing of what is inside`);
  if (isStrayBarrel(file.path)) report("name", 1, "only a package has an index.ts");
  if (!file.opensWithDoc) report("opening", 1, "a file opens with a /** sentence: what it is */");
  if (unit === undefined || isTest(file.path)) return problems;
  if (!floors.has(unit)) report("floor", 1, `${unit} is no floor that source-rules.ts knows`);
  if (ambientUnits.includes(unit)) return problems;
  for (const line of file.ambientLines) {
    report("ambient", line, "only the roof reads process.env and process.argv");
  }
  return problems;
}

function findSizeProblems(file: Parsed): Problem[] {
  const { report, problems } = createReport(file.path);
  const lines = file.text.replace(/\n$/, "").split("\n");
  if (lines.length > fileLinesMax) {
    report("file-length", 1, `${lines.length} lines, at most ${fileLinesMax}`);
  }
  for (const { line, lines: length, isChapter } of file.functions) {
    if (length > functionLinesMax && !isChapter) {
      report("function-length", line, `${length} lines, at most ${functionLinesMax}`);
    }
  }
  for (const [index, line] of lines.entries()) {
    const length = [...line].length;
    if (length > lineCharactersMax) {
      report("line-length", index + 1, `${length} characters, at most ${lineCharactersMax}`);
    }
  }
  return problems;
}

function createReport(path: string) {
  const problems: Problem[] = [];
  const report = (rule: Rule, line: number, message: string) => {
    problems.push({ path, line, rule, message });
  };
  return { problems, report };
}

/** The part of a path that is forbidden: `"utils"` of `string-utils.ts`, else undefined. */
function findBadName(path: string): string | undefined {
  const parts = path.split("/").slice(path.startsWith("packages/") ? 2 : 1);
  const stems = parts.map((part) => part.replace(/(\.test)?\.[a-z]+$/, ""));
  const words = stems.flatMap((stem) => stem.split("-"));
  return stems.find((stem) => emptyNames.test(stem)) ?? words.find((word) => emptyWords.test(word));
}

function isStrayBarrel(path: string): boolean {
  const isIndex = basename(path, extname(path)) === "index";
  return isIndex && !/^packages\/[^/]+\/src\/index\.ts$/.test(path);
}

function findImportProblems(file: Parsed, paths: ReadonlySet<string>): Problem[] {
  return file.imports.flatMap((one) => {
    const problem = judgeImport(file.path, one, paths);
    return problem === undefined ? [] : [{ path: file.path, line: one.line, ...problem }];
  });
}

function judgeImport(path: string, { specifier, target }: Import, paths: ReadonlySet<string>) {
  const problem = (rule: Rule, message: string) => ({ rule, message: `${specifier}: ${message}` });
  const unit = unitOf(path);
  if (target === undefined) {
    const pure = unit !== "domain" || isTest(path);
    return pure ? undefined : problem("floor", "the domain imports nothing but itself");
  }
  const isData = /\.(json|css|svg)$/.test(target);
  if (!isData && !paths.has(target)) return problem("missing-import", `no file ${target}`);
  if (packageOf(path) === undefined) return undefined; // benches and scripts stand outside
  if (!usesDoor(path, specifier, target)) {
    return problem("barrel", "a package is entered by its name alone, and never by itself");
  }
  if (isTest(path) && packageOf(path) !== "domain") return undefined;
  return unit === undefined || isData || maySee(unit, target)
    ? undefined
    : problem("floor", `${unit} must not see ${unitOf(target) ?? target}`);
}

/** Within a package by path; between packages by name. Suites in `test/` are shared by path. */
function usesDoor(path: string, specifier: string, target: string): boolean {
  const isSame = packageOf(path) === packageOf(target);
  if (specifier.startsWith(".")) return isSame || (isTest(path) && isTest(target));
  return !isSame && /^@stoa\/[^/]+$/.test(specifier);
}

function maySee(unit: string, target: string): boolean {
  const seen = unitOf(target);
  if (seen === unit) return true;
  const allowed = floors.get(unit) ?? [];
  const short = target.replace(/^packages\/([^/]+)\/src\//, "$1/");
  return allowed.some((name) => name === seen || name === short);
}

/** The unit of `floors` that a path lies in: `"server/storage"`, `"domain"`, else undefined. */
function unitOf(path: string): string | undefined {
  const [, name, folder] = /^packages\/([^/]+)\/(?:src|test)\/(?:([^/]+)\/)?/.exec(path) ?? [];
  return name === "server" ? `server/${folder ?? ""}` : name;
}

function packageOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}

/** A test may build the house as it likes, except the domain's own, which stay on the ground. */
function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || /^packages\/[^/]+\/test\//.test(path);
}

/** Each cycle once, types included, named by its files in the order of their imports. */
function findCycles(files: readonly Parsed[]): Problem[] {
  const edges = new Map(files.map(({ path, imports }) => [path, imports]));
  const state = new Map<string, "open" | "done">();
  const problems: Problem[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    state.set(path, "open");
    for (const { target, line } of edges.get(path) ?? []) {
      if (target === undefined || !edges.has(target)) continue;
      if (state.get(target) === undefined) visit(target, [...trail, target]);
      else if (state.get(target) === "open") {
        const cycle = [...trail.slice(trail.indexOf(target)), target];
        problems.push({ path, line, rule: "cycle", message: cycle.join(" -> ") });
      }
    }
    state.set(path, "done");
  };
  for (const path of edges.keys()) if (!state.has(path)) visit(path, [path]);
  return problems;
}
