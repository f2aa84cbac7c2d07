/**
 * One connection that is kept, as one client has it: with several processes behind a port, all that
 * is asked over it goes to the same one.
 */
import { Agent, request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly body: { [name: string]: unknown; _id: string };
  readonly text: string;
}

export class Connection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** Rejects when the connection breaks before the answer has come. */
  ask(method: string, path: string, body?: object): Promise<Answer> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` };
    if (body) headers["content-type"] = "application/json";
    return new Promise((resolve, reject) => {
      const asking = request(
        this.#url + path,
        { method, headers, agent: this.#agent },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8");
          answer.on("data", (more: string) => {
            text += more;
          });
          answer.on("error", reject);
          answer.on("end", () => {
            const isJson = answer.headers["content-type"]?.startsWith("application/json");
            resolve({ status: answer.statusCode ?? 0, text, body: isJson ? JSON.parse(text) : {} });
          });
        },
      );
      asking.on("error", reject);
      asking.end(body && JSON.stringify(body));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
