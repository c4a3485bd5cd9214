import { createHash } from "node:crypto";

/** A short digest of plain data, for telling the same from another; of nothing that is secret. */
export function digestOf(value: unknown): string {
    return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
