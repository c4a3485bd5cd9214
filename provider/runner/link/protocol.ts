/** What a connection is for; its first line, from the destination. */
export type Purpose = "tools" | "engine";

/** The first line of a connection that the source opened, for the destination to use when it needs one. */
export const offerLine = "offer";
