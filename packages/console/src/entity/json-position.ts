/**
 * Where in the text of a JSON document something stands: a path as a range, and a position as a
 * path. Reads the tree that the editor keeps anyway.
 */
import { syntaxTree } from "@codemirror/language";
import type { EditorState } from "@codemirror/state";

type Node = ReturnType<ReturnType<typeof syntaxTree>["resolveInner"]>;
export type JsonSteps = readonly (string | number)[];

/** The range of the value at a path, or of the nearest one around it. */
export function rangeOf(state: EditorState, path: JsonSteps): { from: number; to: number } {
  let node = firstValue(syntaxTree(state).topNode);
  for (const step of path) {
    const inner =
      node && (typeof step === "number" ? element(node, step) : member(state, node, step));
    if (!inner) break;
    node = inner;
  }
  return node ? { from: node.from, to: node.to } : { from: 0, to: 0 };
}

/** The path of the innermost value around a position, and whether a key stands there. */
export function placeAt(state: EditorState, position: number): { path: JsonSteps; isKey: boolean } {
  const path: (string | number)[] = [];
  const inner = syntaxTree(state).resolveInner(position, -1);
  const isKey = isKeyPlace(inner);
  for (let node: Node | null = inner; node; node = node.parent) {
    const { parent } = node;
    if (!parent) break;
    if (parent.name === "Property" && node.name !== "PropertyName")
      path.unshift(keyOf(state, parent));
    if (parent.name === "Array")
      path.unshift(values(parent).findIndex((one) => one.to >= position));
  }
  return { path, isKey };
}

function isKeyPlace(node: Node): boolean {
  return node.name === "PropertyName" || node.name === "Object" || node.parent?.name === "Object";
}

function member(state: EditorState, object: Node, name: string): Node | null {
  const property = object.getChildren("Property").find((one) => keyOf(state, one) === name);
  return property ? firstValue(property) : null;
}

function element(array: Node, index: number): Node | null {
  return values(array)[index] ?? null;
}

function keyOf(state: EditorState, property: Node): string {
  const name = property.getChild("PropertyName");
  if (!name) return "";
  try {
    return String(JSON.parse(state.sliceDoc(name.from, name.to)));
  } catch {
    return "";
  }
}

const valueNames = ["Object", "Array", "String", "Number", "True", "False", "Null"];

function values(node: Node): Node[] {
  const found: Node[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (valueNames.includes(child.name)) found.push(child);
  }
  return found;
}

function firstValue(node: Node): Node | null {
  return values(node)[0] ?? null;
}
