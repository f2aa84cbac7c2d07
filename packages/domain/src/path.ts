export type Path = readonly string[];
