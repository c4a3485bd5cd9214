import { describe, expect, it } from "vitest";
import type { LoadReport } from "../load.js";
import { handOverSteps, type Line, processTree, signalAll, startOf } from "./runner-process.js";
import { Shop } from "./shop.js";

const minute = 60_000;
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
const isOver = ({ kind }: Line) => kind === "done" || kind === "failed";

/** Longer than requests may be held (30 s): the clock goes on, the alarms do not ring. */
describe("a minute of SIGSTOP, of the runner and then of Pulumi's processes", () => {
    it.concurrent.each(handOverSteps)("in %s", async (step) => {
        const shop = await Shop.open();
        try {
            await runnerStandsStill(shop, step);
            await pulumiStandsStill(shop, step);
        } finally {
            await shop.close();
        }
    });
});

/** Requests get 503 at the deadline and reach no slot. Before the commit it goes back, after it on. */
async function runnerStandsStill(shop: Shop, wanted: string): Promise<void> {
    const { serving: from, idle: to } = shop;
    shop.declare(to);
    shop.startClients(20);
    const up = shop.stack.up();
    await shop.runner.freezeAt(startOf(wanted));
    // A short step may be over before the stop arrives: what counts is where it really stood.
    const stoodIn = stateOf(shop.runner.job());
    await sleep(minute);
    shop.runner.signal("SIGCONT");
    const result = await up;
    const clients = await shop.stopClients();
    const forward = stoodIn === "committed" || stoodIn === "not held yet";
    // Where the hold was about to be set, its minute may have been before it or under it.
    const went = stoodIn === "about to hold" ? result.exitCode === 0 : forward;

    expect(result.exitCode === 0, result.output).toBe(went);
    await shop.expectServing(went ? to : from);
    await shop.expectData();
    expectOnlyDeadlines(clients, stoodIn);
    if (went) return;
    // A question to the router may have been open, and its time is over too.
    expect(result.output).toMatch(
        /it did not fit into 30 s|(hold|drain): the router did not answer within 5000 ms/,
    );
    expect(result.output).toContain(`now: ${from} serves`);
    if (stoodIn === "held") expect(clients.failed).toBeGreaterThan(0);
}

type Stood = "not held yet" | "about to hold" | "held" | "committed";

function stateOf(job: readonly Line[]): Stood {
    if (job.some(({ kind }) => kind === "commit")) return "committed";
    const step = job.findLast(({ kind }) => kind === "start")?.step;
    if (step === "prepare" || step === "copy") return "not held yet";
    return step === "hold" ? "about to hold" : "held";
}

function expectOnlyDeadlines({ failures }: LoadReport, stood: Stood): void {
    if (stood === "not held yet") expect(failures).toEqual([]);
    for (const failure of failures) expect(failure).toContain("answered 503");
}

/** The runner does not notice, and what stood still finds it done. */
async function pulumiStandsStill(shop: Shop, step: string): Promise<void> {
    const to = shop.idle;
    shop.declare(to);
    shop.startClients(20);
    const cli = shop.stack.start("up", "--yes", "--skip-preview");
    await shop.runner.freezeAt(startOf(step));
    const tree = processTree(cli.pid ?? 0);
    signalAll(tree, "SIGSTOP");
    const since = performance.now();
    const over = shop.runner.until(isOver);
    shop.runner.signal("SIGCONT");
    expect(await over).toMatchObject({ kind: "done" });
    expect((await shop.stopClients()).failures).toEqual([]);
    await shop.expectServing(to);
    await shop.expectData();

    await sleep(since + minute - performance.now());
    const end = new Promise((resolve) => cli.once("close", resolve));
    signalAll(tree, "SIGCONT");
    await end;
    expect(cli.exitCode).toBe(0);
    expect(await shop.stack.outputs()).toMatchObject({ active: to });
}
