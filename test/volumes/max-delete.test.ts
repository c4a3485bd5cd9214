import { expect, test } from "vitest";
import { asCutoverError } from "../../provider/engine/errors.js";
import { type MaxDelete, refuseManyDeletes } from "../../provider/volumes/max-delete.js";

function said(limit: MaxDelete, gone: number, names: number): string | undefined {
    try {
        refuseManyDeletes(limit, gone, names);
        return undefined;
    } catch (error) {
        const { problem, details } = asCutoverError(error);
        return `${problem}; ${details.next}`;
    }
}

test.each<[MaxDelete, number, number]>([
    ["50%", 5_000, 10_000],
    ["50%", 100, 100],
    ["0%", 100, 1_000],
    [7, 7, 10],
    ["100%", 10_000, 10_000],
])("%s lets %i of %i names go", (limit, gone, names) =>
    expect(said(limit, gone, names)).toBeUndefined(),
);

test("more than the limit is refused with the figures and what to write", () => {
    expect(said("50%", 5_001, 10_000)).toBe(
        '5001 of the destination\'s 10000 names (51%) would be deleted, since the source does not have them any more: more than maxDelete (50%); check that the source is what it should be; if it is, write maxDelete: "51%"',
    );
    expect(said("0%", 101, 1_000)).toContain("(11%)");
    expect(said(0, 1, 1_000)).toContain("more than maxDelete (0)");
});
