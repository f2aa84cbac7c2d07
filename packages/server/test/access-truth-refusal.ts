/**
 * How a prediction says that a request must be refused.
 */
import { type Asker, sees, type Thing, type Truth, thingAt } from "./access-truth.ts";

/** Ends a prediction: the request must be refused with this code. */
export class Refusal extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export function refuse(code: string): never {
  throw new Refusal(code);
}

export function visibleThing(
  truth: Truth,
  asker: Asker,
  store: string,
  method: string,
  id: string,
): Thing {
  const thing = thingAt(truth, store, id);
  return thing && sees(truth, asker, store, method, thing) ? thing : refuse("not_found");
}
