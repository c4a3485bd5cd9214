import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../free-port.js";
import { type Load, type LoadReport, startLoad } from "../load.js";
import { serviceProgram } from "./service.js";
import { TestStack } from "./stack.js";

const handOvers = 20;

/** One POST in three: each with a body of its own, which the service keeps. */
const mixed = (index: number) =>
    index % 3 === 0
        ? { method: "POST", path: "/", body: `write-${index} ${"x".repeat(1000)}` }
        : { method: "GET", path: "/" };

const keyOf = (text: string) => text.split(" ", 1)[0] ?? "";

describe("20 hand-overs in a row under constant load", () => {
    let stack: TestStack;
    let url: string;
    let load: Load;
    let report: LoadReport;
    const acknowledged: string[] = [];
    /** The slots that answered, in the order of their answers, each turn once. */
    const turns: string[] = [];

    beforeAll(async () => {
        const port = await freePort();
        url = `http://127.0.0.1:${port}`;
        const at = (green: number) =>
            serviceProgram({ port, weights: { blue: 100 - green, green } });
        stack = await new TestStack(at(0)).init();
        await stack.must("up", "--yes", "--skip-preview");
        load = startLoad({
            port,
            connections: 64,
            rate: 250,
            request: mixed,
            onAnswer({ headers }, request) {
                const slot = headers["x-slot"] ?? "none";
                if (turns.at(-1) !== slot) turns.push(slot);
                if (request.body !== undefined) acknowledged.push(keyOf(request.body));
            },
        });
        for (let done = 1; done <= handOvers; done++) {
            stack.program(at(done % 2 === 1 ? 100 : 0));
            await stack.must("up", "--yes", "--skip-preview");
        }
        report = await load.stop();
        console.log(`${handOvers} hand-overs under load: ${JSON.stringify(report)}`);
    }, 900_000);
    afterAll(async () => {
        await load?.stop();
        await stack?.cleanUp();
    });

    it("fails no request", () => {
        expect(report.failures).toEqual([]);
        expect(report.failed).toBe(0);
        expect(report.sent).toBeGreaterThan(handOvers * 500);
    });

    it("keeps every acknowledged write, once, and no other", async () => {
        const log = await (await fetch(`${url}/log`)).text();
        const kept = log.split("\n").filter((line) => line !== "");
        expect(kept.map(keyOf).sort()).toEqual([...acknowledged].sort());
    });

    it("lets nothing be answered by a slot whose turn is over", () => {
        const expected = Array.from({ length: handOvers + 1 }, (_, turn) =>
            turn % 2 === 0 ? "blue" : "green",
        );
        expect(turns).toEqual(expected);
    });
});
