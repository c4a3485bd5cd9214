import { expect, test } from "vitest";
import { listNames, nearestName } from "../../provider/handlers/nearest-name.js";

const known = ["envs", "image", "memory", "networksAdvanced", "weights", "readOnly"];

test.each([
    ["wieghts", "weights"],
    ["weight", "weights"],
    ["readonly", "readOnly"],
    ["imgae", "image"],
    ["environment", "envs"],
    ["networks", "networksAdvanced"],
    ["colour", undefined],
    ["", undefined],
    ["x", undefined],
    ["m", undefined],
])("%j is near %j", (written, near) => {
    expect(nearestName(written, known)).toBe(near);
});

test("takes its time on nothing", () => {
    expect(nearestName("w".repeat(100_000), known)).toBeUndefined();
});

test("lists names as a sentence does", () => {
    expect(listNames([])).toBe("");
    expect(listNames(["web"])).toBe("web");
    expect(listNames(["web", "cache"])).toBe("web and cache");
    expect(listNames(["web", "cache", "worker"], "or")).toBe("web, cache or worker");
});
