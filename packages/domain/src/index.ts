export * from "./error.ts";
export * from "./filter.ts";
export * from "./json.ts";
export * as limit from "./limit.ts";
export * from "./path.ts";
