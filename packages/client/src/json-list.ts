/**
 * Lists of JSON as texts of their elements, without parsing what is in them: line by line as they
 * are streamed, or all at once. Knows no entity.
 */
import { StoaError } from "@stoa/domain";

/**
 * The elements of a streamed list `[\n{..}\n,\n{..}\n]\n`, some at a time as they arrive: memory
 * holds one piece of the body, and the next one is read when it is asked for.
 * Errors: `unavailable` where the body ends before the list does.
 */
export async function* streamedTexts(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly string[]> {
  let isEnded = false;
  for await (const lines of streamedLines(body)) {
    isEnded ||= lines.includes("]");
    const texts = lines.filter((line) => line !== "[" && line !== "," && line !== "]");
    if (texts.length > 0) yield texts;
  }
  if (!isEnded) throw new StoaError("unavailable", "The list broke off before its end.");
}

/** Whole lines, some at a time as they arrive; what is left behind the last one is dropped. */
export async function* streamedLines(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0) yield lines;
  }
}

/** The elements of the text of an array: `[{"a":1},2]` is `['{"a":1}', "2"]`. */
export function elementTexts(text: string): string[] {
  const texts: string[] = [];
  let depth = 0;
  let begin = 0;
  const separators = /"(?:[^"\\]|\\.)*"|[[\]{},]/g;
  for (const { 0: sign, index } of text.matchAll(separators)) {
    if (sign === "[" || sign === "{") {
      if (depth === 0) begin = index + 1;
      depth++;
    } else if (sign === "]" || sign === "}") depth--;
    if (sign === "," ? depth !== 1 : depth !== 0) continue;
    const element = text.slice(begin, index).trim();
    if (element !== "") texts.push(element);
    begin = index + 1;
  }
  return texts;
}
