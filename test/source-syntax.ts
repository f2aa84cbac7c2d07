/**
 * Reads what the rules of style need out of one parsed file: its imports, its functions, its first
 * comment. Must not judge. The parser is a package, as TypeScript 7 offers none.
 */

import { posix } from "node:path";
import { parseSync } from "oxc-parser";
import type { SourceFile } from "./source-files.ts";

export interface Import {
  /** As written: `"./filter.ts"`, `"@stoa/domain"`, `"node:fs"`. */
  readonly specifier: string;
  /** The file of this tree that it leads to, else undefined: `"packages/domain/src/filter.ts"`. */
  readonly target: string | undefined;
  readonly line: number;
}

export interface FunctionSpan {
  readonly line: number;
  readonly lines: number;
  /** Given straight to `describe` or `suite`: a chapter of tests, not a function of its own. */
  readonly isChapter: boolean;
}

export interface Syntax {
  readonly errors: readonly string[];
  /** All kinds: `import`, `import type`, `export from`, `import()`, `type A = import("b").A`. */
  readonly imports: readonly Import[];
  readonly functions: readonly FunctionSpan[];
  /** Lines that say `process.env` or `process.argv`. */
  readonly ambientLines: readonly number[];
  readonly opensWithDoc: boolean;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const functionTypes = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];

export function readSyntax({ path, text }: SourceFile): Syntax {
  const { program, comments, errors } = parseSync(path, text);
  const lineAt = createLineIndex(text);
  const nodes = [...walk(program as unknown as Node)];
  const chapters = new Set(nodes.filter(isChapterCall).flatMap((node) => node.arguments as Node[]));
  const first = comments[0];
  const code = text.startsWith("#!") ? text.slice(text.indexOf("\n") + 1) : text;
  return {
    errors: errors.map(({ message }) => message),
    imports: nodes.flatMap((node) => {
      const specifier = findSpecifier(node);
      if (specifier === undefined) return [];
      return [{ specifier, target: resolveImport(path, specifier), line: lineAt(node.start) }];
    }),
    functions: nodes.filter(isFunction).map((node) => {
      const line = lineAt(node.start);
      return { line, lines: lineAt(node.end) - line + 1, isChapter: chapters.has(node) };
    }),
    ambientLines: nodes.filter(isAmbient).map((node) => lineAt(node.start)),
    opensWithDoc: first !== undefined && code.startsWith("/**") && first.value.startsWith("*"),
  };
}

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) yield* walk(child);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

function isFunction(node: Node): boolean {
  return functionTypes.includes(node.type);
}

function isChapterCall(node: Node): boolean {
  if (node.type !== "CallExpression") return false;
  const callee = node.callee as Node;
  return callee.type === "Identifier" && ["describe", "suite"].includes(callee.name as string);
}

function isAmbient(node: Node): boolean {
  if (node.type !== "MemberExpression") return false;
  const { object, property } = node as unknown as { object: Node; property: Node };
  const name = property.type === "Literal" ? property.value : property.name;
  return object.name === "process" && (name === "env" || name === "argv");
}

/** `source` holds a literal in every kind of import, export and import type. */
function findSpecifier(node: Node): string | undefined {
  const source = node.source as Node | null | undefined;
  return typeof source?.value === "string" ? source.value : undefined;
}

function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  const [, name, inner] = /^@stoa\/([^/]+)(\/.*)?$/.exec(specifier) ?? [];
  if (name === undefined) return undefined;
  return inner === undefined ? `packages/${name}/src/index.ts` : `packages/${name}${inner}`;
}

/** Maps an offset to its line, counted from 1. */
function createLineIndex(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
