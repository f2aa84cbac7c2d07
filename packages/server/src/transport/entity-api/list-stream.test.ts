/** Tests of lists on the wire, by a plain server and client. */
import assert from "node:assert/strict";
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { BytesPage, type Page, textPage } from "@stoa/domain";
import { collect, streamList } from "./list-stream.ts";

const page = (...texts: string[]): Page =>
  textPage(texts, texts.length === 0 ? null : [texts.length]);

async function listText(...pages: readonly Page[]): Promise<string> {
  return Buffer.concat((await collect(pagesOf(...pages))).parts).toString();
}

async function* pagesOf(...pages: readonly Page[]) {
  yield* pages;
}

/** What a client of a server that streams these pages gets. */
async function fetchList(
  t: TestContext,
  pages: AsyncIterable<Page>,
): Promise<{ response: IncomingMessage; broken: unknown[] }> {
  const broken: unknown[] = [];
  const server = createServer((_request, response: ServerResponse) => {
    void streamList(
      pages,
      () => response.writeHead(200),
      (cause) => broken.push(cause),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: "127.0.0.1", port, agent: false }, resolve).on("error", reject);
  });
  return { response, broken };
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return text;
}

test("a short list has an item a line, commas on their own, and a final newline", async () => {
  assert.equal(await listText(), "[\n]\n");
  assert.equal(await listText(page("{}")), "[\n{}\n]\n");
  assert.equal(await listText(page("{}", "1")), "[\n{}\n,\n1\n]\n");
});

test("what an engine has as bytes is sent as it is, without a look at its texts", async (t) => {
  const ready = new BytesPage(Buffer.from('"é"\n,\n2'), 2, [2]);
  Object.defineProperty(ready, "texts", { get: () => assert.fail("texts were made") });
  const { response } = await fetchList(t, pagesOf(ready, ready));
  assert.equal(await textOf(response), '[\n"é"\n,\n2\n,\n"é"\n,\n2\n]\n');
  assert.equal(await listText(ready, page("3")), '[\n"é"\n,\n2\n,\n3\n]\n');
});

test("collecting counts and keeps where the last entity stands", async () => {
  const { count, cursor } = await collect(pagesOf(page("1", "2"), page("3"), page()));
  assert.deepEqual({ count, cursor }, { count: 3, cursor: [1] });
  const none = await collect(pagesOf());
  assert.deepEqual([none.count, none.cursor], [0, null]);
});

test("a streamed list has the same layout, however it is paged", async (t) => {
  for (const pages of [[], [page()], [page("1")], [page("1"), page(), page("2", "3")]]) {
    const { response } = await fetchList(t, pagesOf(...pages));
    assert.equal(await textOf(response), await listText(...pages));
  }
});

test("a large list arrives whole", async (t) => {
  const texts = Array.from({ length: 500 }, (_, index) =>
    JSON.stringify({ index, pad: "é".repeat(2_000) }),
  );
  const pages = texts.map((text) => page(text));
  const { response, broken } = await fetchList(t, pagesOf(...pages));
  assert.equal(await textOf(response), await listText(page(...texts)));
  assert.deepEqual(broken, []);
});

test("pages give their memory back once they are sent", async (t) => {
  const texts = Array.from({ length: 60 }, (_, index) => JSON.stringify(`${index}`.repeat(50_000)));
  const pages = texts.map((text) => new BytesPage(new TextEncoder().encode(text), 1, [text]));
  const expected = await listText(page(...texts));
  const { response, broken } = await fetchList(t, pagesOf(...pages));
  assert.equal(await textOf(response), expected);
  assert.deepEqual(broken, []);
  assert(pages.every(({ bytes }) => bytes.length === 0));
});

test("what breaks before the first page is thrown, and nothing is sent", async () => {
  const source = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("no such index")) }),
  };
  const begin = () => assert.fail("the head was sent");
  await assert.rejects(
    streamList(source, begin, () => assert.fail("it broke later")),
    /no such index/,
  );
});

test("what breaks later breaks the transfer, so that no part is taken for the whole", async (t) => {
  const source = (async function* (): AsyncGenerator<Page> {
    yield page('"a"'.repeat(50_000));
    throw new Error("the disk is gone");
  })();
  const { response, broken } = await fetchList(t, source);
  await assert.rejects(textOf(response), { code: "ECONNRESET" });
  assert.match(String(broken[0]), /the disk is gone/);
});

test("a client that goes away ends the source", async (t) => {
  let served = 0;
  const ended = Promise.withResolvers<void>();
  const source = (async function* (): AsyncGenerator<Page> {
    try {
      for (; served < 100_000; served++) yield page("x".repeat(100_000));
    } finally {
      ended.resolve();
    }
  })();
  const { response } = await fetchList(t, source);
  response.destroy();
  await ended.promise;
  assert.ok(served < 1_000, `${served} pages were made for nobody`);
});

test("a client that reads slowly holds the source back", async (t) => {
  let served = 0;
  const source = (async function* (): AsyncGenerator<Page> {
    for (; served < 2_000; served++) yield page("x".repeat(100_000));
  })();
  const { response } = await fetchList(t, source);
  response.pause();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(served < 500, `${served} pages were made ahead`);
  response.destroy();
});
