/**
 * Lists on the wire: `[\n{..}\n,\n{..}\n]\n`, the one layout that the existing streaming client
 * reads (design 3, "Lists"). Knows texts and the response they go to; nothing of queries.
 */
import type { ServerResponse } from "node:http";
import type { Page } from "@stoa/domain";
import { listChunkCharactersMin } from "../http-bounds.ts";

/** All of a short list: `listText(["{}"])` is `"[\n{}\n]\n"`, `listText([])` is `"[\n]\n"`. */
export function listText(texts: readonly string[]): string {
  return texts.length === 0 ? "[\n]\n" : `[\n${texts.join(between)}\n]\n`;
}

/** All pages of a short list. */
export async function collect(
  pages: AsyncIterable<Page>,
): Promise<{ texts: string[]; last: string }> {
  const texts: string[] = [];
  let last = "";
  for await (const page of pages) {
    for (const text of page.texts) texts.push(text);
    if (page.texts.length > 0) last = page.last;
  }
  return { texts, last };
}

/**
 * Writes a list as its pages come, at the client's pace, and ends the source when the client goes
 * away. What breaks before the first page is thrown, and nothing is written; what breaks later cuts
 * the connection, so that the client cannot take a part for the whole.
 * @param begin sends the head; called once the first page is there.
 * @param broken is told why the connection was cut.
 */
export async function streamList(
  pages: AsyncIterable<Page>,
  begin: () => ServerResponse,
  broken: (cause: unknown) => void,
): Promise<void> {
  const source = pages[Symbol.asyncIterator]();
  const first = await source.next();
  const response = begin();
  try {
    if (!(await writePages(response, source, first))) await source.return?.();
  } catch (cause) {
    response.destroy();
    broken(cause);
  }
}

/** False when the client has gone. */
async function writePages(
  response: ServerResponse,
  source: AsyncIterator<Page>,
  first: IteratorResult<Page>,
): Promise<boolean> {
  let chunk = "[\n";
  let separator = "";
  for (let step = first; step.done !== true; step = await source.next()) {
    if (response.destroyed) return false;
    const { texts } = step.value;
    if (texts.length === 0) continue;
    chunk += separator + texts.join(between);
    separator = between;
    if (chunk.length < listChunkCharactersMin) continue;
    const flows = response.write(chunk);
    chunk = "";
    if (!flows) await untilDrained(response);
  }
  response.end(`${chunk}${separator === "" ? "" : "\n"}]\n`);
  return true;
}

const between = "\n,\n";

function untilDrained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}
