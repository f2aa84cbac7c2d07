/**
 * Lists on the wire: `[\n{..}\n,\n{..}\n]\n`, the one layout that the existing streaming client
 * reads (design 3, "Lists"). Knows texts and the response they go to; nothing of queries.
 */
import type { ServerResponse } from "node:http";
import { type Cursor, type Page, textSeparator } from "@stoa/domain";
import { listChunkBytesMin, listFirstBytesMin } from "../http-bounds.ts";

/** A list of texts: `listText(["{}"])` is `"[\n{}\n]\n"`, `listText([])` is `"[\n]\n"`. */
export function listText(texts: readonly string[]): string {
  return texts.length === 0 ? "[\n]\n" : `[\n${texts.join(textSeparator)}\n]\n`;
}

/** A short list, ready to be sent. */
export interface Collected {
  /** One behind the other they are the whole. */
  readonly parts: readonly Uint8Array[];
  readonly count: number;
  /** Where it ends; null of an empty list. */
  readonly cursor: Cursor | null;
  /** The parts are sent. */
  readonly release: () => void;
}

/** All pages of a short list: `[\n{}\n]\n` of one empty entity, `[\n]\n` of none. */
export async function collect(pages: AsyncIterable<Page>): Promise<Collected> {
  const parts: Uint8Array[] = [opening];
  let count = 0;
  let cursor: Cursor | null = null;
  const kept: Page[] = [];
  for await (const page of pages) {
    if (page.count === 0) continue;
    kept.push(page);
    parts.push(...(count === 0 ? [] : [separator]), bytesOf(page, separator));
    count += page.count;
    cursor = page.cursor;
  }
  parts.push(count === 0 ? emptyClosing : closing);
  const release = () => {
    for (const page of kept) page.release?.();
  };
  return { parts, count, cursor, release };
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
  layout: ListLayout = jsonLayout,
): Promise<void> {
  const source = pages[Symbol.asyncIterator]();
  const first = await source.next();
  const response = begin();
  try {
    if (!(await writePages(response, source, first, layout))) await source.return?.();
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
  { opening, separator, closing, emptyClosing }: ListLayout,
): Promise<boolean> {
  let count = 0;
  let waiting = 0;
  let least = listFirstBytesMin;
  response.cork();
  if (opening.length > 0) response.write(opening);
  for (let step = first; step.done !== true; step = await source.next()) {
    if (response.destroyed) return false;
    if (step.value.count === 0) continue;
    const page = step.value;
    const bytes = bytesOf(page, separator);
    if (count > 0) response.write(separator);
    response.write(bytes, () => page.release?.());
    count += page.count;
    waiting += bytes.length;
    if (waiting < least) continue;
    waiting = 0;
    least = listChunkBytesMin;
    response.uncork();
    if (response.writableNeedDrain) await untilDrained(response);
    response.cork();
  }
  response.end(count === 0 ? emptyClosing : closing);
  response.uncork();
  return true;
}

/** The engine may have put the page together, for the layout that lists have by themselves. */
function bytesOf(page: Page, separator: Buffer): Uint8Array {
  // Texts are made of bytes when they are asked for, so they are not unless they must be.
  if (page.bytes && separator === jsonLayout.separator) return page.bytes;
  return Buffer.from(page.texts.join(separator.toString()));
}

/** What stands around and between the texts of a list. */
export interface ListLayout {
  readonly opening: Buffer;
  readonly separator: Buffer;
  readonly closing: Buffer;
  /** Of a list of nothing. */
  readonly emptyClosing: Buffer;
}

const jsonLayout: ListLayout = {
  opening: Buffer.from("[\n"),
  separator: Buffer.from(textSeparator),
  closing: Buffer.from("\n]\n"),
  emptyClosing: Buffer.from("]\n"),
};
const { opening, separator, closing, emptyClosing } = jsonLayout;

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
