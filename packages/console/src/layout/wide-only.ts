/**
 * What a phone has no room for. The cells of a column are all left out or none.
 */
export const wideOnly = { display: { xs: "none", sm: "table-cell" } } as const;
