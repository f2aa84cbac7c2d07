/**
 * A load generator for machines without wrk: raw sockets, one request in flight on each. A process
 * of its own: `node load-node.ts CONNECTIONS SECONDS URL FILE FIRST_NUMBER`.
 */
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { AnswerReader } from "./answer-reader.ts";
import { separator } from "./load.ts";

const [connections, seconds, url, file, first] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
const requests = readFileSync(file, "utf8").split(separator).slice(0, -1);
const { hostname, port } = new URL(url);
const latencies: number[] = [];
let failed = 0;
let number = Number(first);
const start = performance.now();
const end = start + Number(seconds) * 1_000;

await Promise.all(Array.from({ length: Number(connections) }, () => work()));
const us = Math.round((performance.now() - start) * 1_000);
latencies.sort((a, b) => a - b);
const share = (part: number) =>
  Math.round(1_000 * (latencies[Math.floor(latencies.length * part)] ?? 0));
const result = { requests: latencies.length, us, failed, p50us: share(0.5), p99us: share(0.99) };
process.stdout.write(`result ${JSON.stringify(result)}\n`);

/** One connection until the time is over. */
function work(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let sentAt = 0;
    let answer = new AnswerReader();
    const send = () => {
      if (performance.now() >= end) {
        socket.destroy();
        return resolve();
      }
      answer = new AnswerReader();
      sentAt = performance.now();
      socket.write(nextRequest());
    };
    socket.on("connect", send).on("data", (chunk: Buffer) => {
      if (!answer.take(chunk)) return;
      latencies.push(performance.now() - sentAt);
      if (answer.status >= 400) failed++;
      send();
    });
    const broken = (socket: Socket) => () => {
      if (performance.now() < end) failed++;
      socket.destroy();
      resolve();
    };
    socket.on("error", broken(socket)).on("end", broken(socket));
  });
}

function nextRequest(): string {
  number++;
  const text = requests[Math.floor(Math.random() * requests.length)] as string;
  return text.replace("########", String(number));
}
