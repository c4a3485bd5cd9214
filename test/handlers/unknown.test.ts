import { expect, test } from "vitest";
import {
    holdsUnknown,
    isUnknown,
    printable,
    unknownText,
    unknownValue,
} from "../../provider/handlers/unknown.js";

test("knows what Pulumi passes for a value that is not known yet", () => {
    expect(isUnknown("04da6b54-80e4-46f7-96ec-b56ff0331ba9")).toBe(true);
    expect(isUnknown("shop")).toBe(false);
    expect(isUnknown(undefined)).toBe(false);
});

test("prints it as the CLI does", () => {
    expect(printable(unknownValue)).toBe(unknownText);
    expect(unknownText).toBe("(known after apply)");
    expect(printable(3000)).toBe(3000);
});

test("finds it anywhere", () => {
    expect(holdsUnknown({ a: [{ b: unknownValue }] })).toBe(true);
    expect(holdsUnknown({ a: [{ b: null }], c: 1 })).toBe(false);
});
