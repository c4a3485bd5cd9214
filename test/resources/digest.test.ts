import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { specDigest } from "../../provider/resources/digest.js";

const spec = {
    image: "shop:2.0",
    envs: ["DB_PASSWORD=hunter2", "LOG=debug"],
    labels: [{ label: "team", value: "shop" }],
    memory: 512,
};

describe("is the same", () => {
    test("for every order of properties", () => {
        const other = {
            memory: 512,
            labels: [{ value: "shop", label: "team" }],
            envs: ["DB_PASSWORD=hunter2", "LOG=debug"],
            image: "shop:2.0",
        };
        expect(specDigest(other, "shop")).toBe(specDigest(spec, "shop"));
    });

    test("whether a property is undefined, null or left out", () => {
        const digest = specDigest(spec, "shop");
        expect(specDigest({ ...spec, user: undefined }, "shop")).toBe(digest);
        expect(specDigest({ ...spec, user: null }, "shop")).toBe(digest);
    });

    test("in every process and version: a label on a running container holds it", () => {
        expect(specDigest({ image: "shop:2.0" }, "salt")).toBe("72a91c05d7634158eddfed51f1431ecb");
    });
});

describe("differs", () => {
    test.each([
        ["another value", { ...spec, memory: 513 }],
        ["a text for a number", { ...spec, memory: "512" }],
        ["another password", { ...spec, envs: ["DB_PASSWORD=hunter3", "LOG=debug"] }],
        ["another order in a list", { ...spec, envs: ["LOG=debug", "DB_PASSWORD=hunter2"] }],
        ["one property more", { ...spec, user: "shop" }],
        ["an empty list", { ...spec, dns: [] }],
        [
            "a text moved from one element to the next",
            { ...spec, envs: ["DB_PASSWORD=hunter2LOG", "=debug"] },
        ],
    ])("for %s", (_name, other) => {
        expect(specDigest(other, "shop")).not.toBe(specDigest(spec, "shop"));
    });

    test("for another salt", () => {
        expect(specDigest(spec, "shop")).not.toBe(specDigest(spec, "blog"));
    });

    test("for salt and text that read the same together", () => {
        expect(specDigest("b", 'a"')).not.toBe(specDigest('"b', "a"));
    });
});

test("is 32 hexadecimal digits", () => {
    expect(specDigest(spec, "shop")).toMatch(/^[0-9a-f]{32}$/);
});

test("is slow once, so that a password cannot be guessed from a label, and then at once", () => {
    const first = milliseconds(() => specDigest({ envs: [`A=${Math.random()}`] }, "shop"));
    expect(first).toBeGreaterThan(5);
    specDigest(spec, "shop");
    const again = milliseconds(() => {
        for (let turn = 0; turn < 100; turn++) specDigest(spec, "shop");
    });
    expect(again / 100).toBeLessThan(first);
});

describe("refuses what has no fixed text, by name and without its value", () => {
    test.each([
        [
            "an asset",
            { uploads: [{ content: new pulumi.asset.StringAsset("hunter2") }] },
            "uploads[0].content: is an asset; write texts, numbers, true, false, lists and objects of these",
        ],
        [
            "a function",
            { user: () => "hunter2" },
            "user: is a function; write texts, numbers, true, false, lists and objects of these",
        ],
        [
            "a bigint",
            { memory: 512n },
            "memory: is a bigint; write texts, numbers, true, false, lists and objects of these",
        ],
        [
            "a number that is not finite",
            { memory: Number.NaN },
            "memory: is a number that is not finite; write texts, numbers, true, false, lists and objects of these",
        ],
        [
            "a date",
            { labels: new Date(0) },
            "labels: is an instance of a class; write texts, numbers, true, false, lists and objects of these",
        ],
        [
            "a promise",
            Promise.resolve("hunter2"),
            "is an instance of a class; write texts, numbers, true, false, lists and objects of these",
        ],
    ])("%s", (_name, value, message) => {
        expect(() => specDigest(value, "shop")).toThrow(new TypeError(message));
    });
});

function milliseconds(work: () => void): number {
    const start = performance.now();
    work();
    return performance.now() - start;
}
