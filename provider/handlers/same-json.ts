import { isDeepStrictEqual } from "node:util";

/** Whether two values are the same as JSON: an absent key and an undefined one are. */
export function sameJson(one: unknown, other: unknown): boolean {
    return isDeepStrictEqual(plain(one), plain(other));
}

function plain(value: unknown): unknown {
    return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
