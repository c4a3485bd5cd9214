import { CutoverError } from "../engine/errors.js";

/** At most so many names of the destination may be deleted: a part of it, such as "50%", or a number of names. */
export type MaxDelete = `${number}%` | number;

/** A part of a small tree is a handful of names: so many may always go, where a part is what was declared. */
export const alwaysDeleted = 100;

/** Why this is no such limit; undefined when it is one. */
export function maxDeleteProblem(value: unknown): string | undefined {
    if (typeof value === "number")
        return Number.isSafeInteger(value) && value >= 0 ? undefined : "must be a whole number";
    if (typeof value !== "string" || !/^\d{1,3}(\.\d+)?%$/.test(value))
        return "must be a part such as 50%, or a number of names";
    return Number.parseFloat(value) <= 100 ? undefined : "must be at most 100%";
}

/** @param names all names of the destination */
function mostDeletes(limit: MaxDelete, names: number): number {
    if (typeof limit === "number") return limit;
    return Math.max(alwaysDeleted, Math.floor((Number.parseFloat(limit) / 100) * names));
}

/**
 * Refuses to delete more than the limit allows, before anything is deleted: a source that was emptied or mixed up must not
 * take its copy with it.
 * @param gone names of the destination that the source does not have, neither here nor, renamed, elsewhere
 */
export function refuseManyDeletes(limit: MaxDelete, gone: number, names: number): void {
    if (gone <= mostDeletes(limit, names)) return;
    const part = Math.ceil((gone / Math.max(names, 1)) * 100);
    throw new CutoverError(
        `${gone} of the destination's ${names} names (${part}%) would be deleted, since the source does not have them any more: more than maxDelete (${limit})`,
        {
            next: `check that the source is what it should be; if it is, write maxDelete: "${Math.min(part, 100)}%"`,
        },
    );
}
