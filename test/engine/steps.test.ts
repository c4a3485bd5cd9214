import { describe, expect, it } from "vitest";
import { CutoverError } from "../../provider/engine/errors.js";
import { silentReporter } from "../../provider/engine/progress.js";
import { FlowStuck, type JobFlow, runFlow, type Step } from "../../provider/engine/steps.js";
import { quickClock } from "./fake-clock.js";
import { Died, MemoryJournal } from "./memory-journal.js";

/** Steps that write down what they do; `a`, `b`, then `commit`, then `c`, `d`. */
class Work {
    readonly did: string[] = [];
    readonly journal = new MemoryJournal();
    readonly controller = new AbortController();
    /** By "run b" or "back a": fails so many times. */
    readonly fails = new Map<string, number>();

    constructor(private readonly afterCrash: JobFlow["afterCrash"] = "back") {}

    /** As one process would run it. */
    run(): Promise<unknown> {
        const steps = ["a", "b", "commit", "c", "d"].map((name) => this.step(name));
        const flow: JobFlow = { job: "j", plan: { aim: 1 }, steps, afterCrash: this.afterCrash };
        return runFlow(flow, {
            journal: this.journal,
            reporter: silentReporter,
            clock: quickClock(),
            signal: this.controller.signal,
        });
    }

    private step(name: string): Step {
        return {
            name,
            title: `do ${name}`,
            run: async () => this.act(`run ${name}`, `${name} done`),
            ...(name === "commit"
                ? { commits: true as const }
                : { back: async () => this.act(`back ${name}`, undefined) }),
        };
    }

    private act(what: string, result: unknown): unknown {
        this.did.push(what);
        const left = this.fails.get(what) ?? 0;
        if (left === 0) return result;
        this.fails.set(what, left - 1);
        throw new CutoverError(`${what} failed`);
    }
}

const everything = ["run a", "run b", "run commit", "run c", "run d"];

describe("a job", () => {
    it("runs its steps in order, and its journal says so", async () => {
        const work = new Work();
        const results = await work.run();
        expect(results).toEqual({
            a: "a done",
            b: "b done",
            commit: "commit done",
            c: "c done",
            d: "d done",
        });
        expect(work.did).toEqual(everything);
        expect(work.journal.told()).toEqual([
            "open",
            "start a",
            "end a",
            "start b",
            "end b",
            "start commit",
            "end commit",
            "commit",
            "start c",
            "end c",
            "start d",
            "end d",
            "done",
        ]);
    });

    it("is not run again when it is over: its outcome is told again", async () => {
        const work = new Work();
        const results = await work.run();
        expect(await work.run()).toEqual(results);
        expect(work.did).toEqual(everything);

        const failing = new Work();
        failing.fails.set("run b", 1);
        await expect(failing.run()).rejects.toThrow("b: run b failed");
        await expect(failing.run()).rejects.toThrow("b: run b failed");
        expect(failing.did).toEqual(["run a", "run b", "back b", "back a"]);
    });

    it("goes back over all that began, the last first, when a step fails", async () => {
        const work = new Work();
        work.fails.set("run b", 1);
        await expect(work.run()).rejects.toMatchObject({
            problem: "run b failed",
            details: { step: "b" },
        });
        expect(work.journal.told().slice(-4)).toEqual(["back", "backed b", "backed a", "failed"]);
    });

    it("goes back at the next step when somebody asked for it, and not after the commit", async () => {
        const before = new Work();
        before.controller.abort(new CutoverError("somebody asked to go back"));
        await expect(before.run()).rejects.toThrow("a: somebody asked to go back");
        expect(before.did).toEqual(["back a"]);

        const after = new Work();
        after.journal.dieAt = ({ kind }) => kind === "commit";
        await expect(after.run()).rejects.toThrow(Died);
        after.controller.abort(new CutoverError("somebody asked to go back"));
        await after.run();
        expect(after.did).toEqual(everything);
    });
});

describe("a job whose runner died", () => {
    it.each([
        ["open", "", []],
        ["start", "a", ["back a"]],
        ["end", "a", ["run a", "back a"]],
        ["start", "b", ["run a", "back b", "back a"]],
        ["end", "b", ["run a", "run b", "back b", "back a"]],
        ["start", "commit", ["run a", "run b", "back b", "back a"]],
        ["end", "commit", ["run a", "run b", "run commit", "back b", "back a"]],
    ])("goes back when its journal ends with %s %s", async (kind, step, did) => {
        const work = new Work();
        work.journal.dieAt = (entry) => entry.kind === kind && (entry.step ?? "") === step;
        await expect(work.run()).rejects.toThrow(Died);
        const problem = "the runner was ended while it worked";
        await expect(work.run()).rejects.toMatchObject({ problem });
        expect(work.did).toEqual(did);
        expect(work.journal.told().at(-1)).toBe("failed");
    });

    it.each([
        ["commit", "", ["run c", "run d"]],
        ["start", "c", ["run c", "run d"]],
        ["end", "c", ["run c", "run c", "run d"]],
        ["start", "d", ["run c", "run c", "run d"]],
        ["end", "d", ["run c", "run d", "run c", "run d"]],
    ])(
        "goes forward when its journal ends with %s %s, and does all since the commit again",
        async (kind, step, did) => {
            const work = new Work();
            work.journal.dieAt = (entry) => entry.kind === kind && (entry.step ?? "") === step;
            await expect(work.run()).rejects.toThrow(Died);
            expect(await work.run()).toMatchObject({ a: "a done", c: "c done", d: "d done" });
            expect(work.did).toEqual(["run a", "run b", "run commit", ...did]);
            expect(work.journal.told().at(-1)).toBe("done");
        },
    );

    it("goes on with its way back, and keeps the first reason", async () => {
        const work = new Work();
        work.fails.set("run b", 1);
        work.journal.dieAt = ({ kind, step }) => kind === "backed" && step === "b";
        await expect(work.run()).rejects.toThrow(Died);
        await expect(work.run()).rejects.toMatchObject({ problem: "run b failed" });
        expect(work.did).toEqual(["run a", "run b", "back b", "back a"]);
    });

    it("begins again where nothing was frozen", async () => {
        const work = new Work("again");
        work.journal.dieAt = ({ kind, step }) => kind === "start" && step === "b";
        await expect(work.run()).rejects.toThrow(Died);
        await work.run();
        expect(work.did).toEqual(["run a", ...everything]);
    });

    it("undoes what the runner before it did too, where it begins again and fails early", async () => {
        const work = new Work("again");
        work.journal.dieAt = ({ kind, step }) => kind === "end" && step === "b";
        await expect(work.run()).rejects.toThrow(Died);
        work.fails.set("run a", 1);
        await expect(work.run()).rejects.toThrow("run a failed");
        expect(work.did).toEqual(["run a", "run b", "run a", "back b", "back a"]);
    });

    it("goes on with its way back where it would begin again, and never forward", async () => {
        const work = new Work("again");
        work.fails.set("run b", 1);
        work.journal.dieAt = ({ kind }) => kind === "backed";
        await expect(work.run()).rejects.toThrow(Died);
        await expect(work.run()).rejects.toThrow("run b failed");
        expect(work.did.filter((what) => what === "run commit")).toEqual([]);
        expect(work.did.slice(-2)).toEqual(["back b", "back a"]);
    });
});

describe("what cannot be done now", () => {
    it("is tried again by this runner, on the way back and after the commit", async () => {
        const back = new Work();
        back.fails.set("run b", 1).set("back a", 4);
        await expect(back.run()).rejects.toThrow("run b failed");
        expect(back.did.filter((what) => what === "back a")).toHaveLength(5);

        const on = new Work();
        on.fails.set("run c", 4);
        await on.run();
        expect(on.did.filter((what) => what === "run c")).toHaveLength(5);
    });

    it("is left to the next runners, and given up at last on the way back: the rest is undone", async () => {
        const work = new Work();
        work.fails.set("run b", 1).set("back b", Number.POSITIVE_INFINITY);
        for (let runner = 1; runner <= 4; runner++) {
            await expect(work.run()).rejects.toThrow(FlowStuck);
        }
        await expect(work.run()).rejects.toMatchObject({
            problem: "run b failed",
            details: { state: "not undone: the way back of b: back b failed" },
        });
        expect(work.did.at(-1)).toBe("back a");
    });

    it("is given up at last after the commit: the rest is done, and the failure says what was not", async () => {
        const work = new Work();
        work.fails.set("run c", Number.POSITIVE_INFINITY);
        for (let runner = 1; runner <= 4; runner++) {
            await expect(work.run()).rejects.toThrow(FlowStuck);
        }
        const problem = "it is committed, and this could not be done: c: run c failed";
        await expect(work.run()).rejects.toThrow(problem);
        expect(work.did.at(-1)).toBe("run d");
        await expect(work.run()).rejects.toThrow(problem);
    });
});
