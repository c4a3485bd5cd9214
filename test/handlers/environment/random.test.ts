import { expect, test } from "vitest";
import { readDeclaration } from "../../../provider/handlers/environment/read-declaration.js";
import {
    awkwardLeaves,
    awkwardNames,
    randomJson,
    randomNumbers,
    withOneReplaced,
} from "../random-json.js";
import { shop } from "./shop.js";

const full = {
    ...shop,
    slots: {
        ...shop.slots,
        blue: { ...shop.slots.blue, background: ["cache"] },
    },
    volumes: {
        data: {
            mounts: { web: { path: "/data", readOnly: true }, cache: "/data" },
            mode: "clone",
            seed: { docker: { volume: "shop-data", host: "ssh://deploy@shop-1" } },
            onDestroy: "keep",
            acknowledge: "canary writes are discarded",
            safeMethodsOnly: true,
        },
    },
    traffic: { ...shop.traffic, networks: ["proxy"] },
    health: { path: "/healthz", healthyAfter: 3, timeout: "60 seconds" },
    handover: {
        maxHold: "30 seconds",
        drain: { timeout: "5 seconds", then: "abort" },
        onRollback: { discard: "0f3a77c19d" },
        passes: { max: 5, settle: "16 MiB" },
    },
    adopt: { container: "shop", maxGap: "20 seconds" },
    runnerImage: "runner:1",
    routerImage: "haproxy:3.0",
};

/** Never throws, and gives either a declaration or problems, each with a path and a next thing to do. */
function hold(raw: unknown) {
    const { declaration, problems } = readDeclaration(raw);
    expect(declaration === undefined, JSON.stringify(raw)).toBe(problems.length > 0);
    for (const { problem, instead } of problems) {
        expect(problem).toMatch(/^\S/);
        expect(instead, problem).toMatch(/^\S/);
    }
    if (declaration) expect(JSON.parse(JSON.stringify(declaration))).toStrictEqual(declaration);
    expect(new Set(problems.map((problem) => JSON.stringify(problem))).size).toBe(problems.length);
}

test("everything written is a declaration", () => {
    expect(readDeclaration(full).problems).toEqual([]);
});

test("each awkward leaf at each place", () => {
    for (const leaf of awkwardLeaves) for (const raw of withOneReplaced(full, leaf)) hold(raw);
});

test("random JSON", () => {
    const random = randomNumbers(7);
    const names = [...awkwardNames, ...namesIn(full)];
    for (let turn = 0; turn < 3000; turn++) hold(randomJson(random, awkwardLeaves, names));
});

test("random JSON in each part", () => {
    const random = randomNumbers(8);
    const names = [...awkwardNames, ...namesIn(full)];
    for (let turn = 0; turn < 3000; turn++) {
        const part = Object.keys(full)[turn % Object.keys(full).length] ?? "slots";
        hold({ ...full, [part]: randomJson(random, awkwardLeaves, names) });
    }
});

function namesIn(value: unknown): string[] {
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([name, member]) => [name, ...namesIn(member)]);
}
