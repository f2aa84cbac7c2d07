/**
 * The suite that every implementation of the contract must pass: the rules of access (design 10),
 * of lists and of single entities, each as a test in a house of its own. Knows no implementation.
 */
import { test } from "node:test";
import { type EngineName, engineNames } from "./access-engines.ts";
import "./rules-ends.ts";
import "./rules-entities.ts";
import "./rules-groups.ts";
import "./rules-lists.ts";
import "./rules-order.ts";
import "./rules-patterns.ts";
import "./rules-roles.ts";
import "./rules-sharing.ts";
import "./rules-users.ts";
import { type OpenDoor, type Rule, RulesHouse, rules } from "./rules-house.ts";

/** Every rule, and on every engine where that may matter. */
export function serviceSuite(openDoor: OpenDoor): void {
  for (const rule of rules) {
    const engines = rule.onEachEngine ? engineNames : (["memory"] as const);
    for (const engine of engines) {
      const name = engines.length > 1 ? `${rule.name} (${engine})` : rule.name;
      test(name, () => run(rule, engine, openDoor));
    }
  }
}

/** The same through another door; engines are behind it, and differ no more than before it. */
export function serviceSuiteBehind(openDoor: OpenDoor): void {
  for (const rule of rules.filter(({ behindEachDoor }) => behindEachDoor)) {
    test(rule.name, () => run(rule, "memory", openDoor));
  }
}

async function run(rule: Rule, engine: EngineName, openDoor: OpenDoor): Promise<void> {
  const house = await RulesHouse.open(engine, openDoor);
  try {
    await rule.run(house);
  } finally {
    await house.close();
  }
}
