import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentReport } from "../../provider/engine/handover/report.js";
import type { StepResults } from "../../provider/engine/steps.js";
import { handOverSteps, type Line, processTree, signalAll, startOf } from "./runner-process.js";
import { Shop } from "./shop.js";

const isOver = ({ kind }: Line) => kind === "done" || kind === "failed";

const ended = (child: { once(event: "close", then: () => void): unknown }) =>
    new Promise<void>((resolve) => child.once("close", resolve));

/** The CLI, the language host and the dynamic provider are gone: the runner does not notice. */
describe("Pulumi's side", () => {
    let shop: Shop;
    beforeAll(async () => {
        shop = await Shop.open();
    });
    afterAll(() => shop?.close());

    it.each(handOverSteps)(
        "is killed during %s: the hand-over ends by itself, and the next up finds it",
        async (step) => {
            const to = shop.idle;
            shop.declare(to);
            shop.startClients();
            const cli = shop.stack.start("up", "--yes", "--skip-preview");
            const last = await shop.runner.freezeAt(startOf(step));
            const gone = ended(cli);
            signalAll(processTree(cli.pid ?? 0), "SIGKILL");
            await gone;
            const over = shop.runner.until(isOver);
            shop.runner.signal("SIGCONT");

            // A short step may be over before the stop arrives: then it was the next one.
            expect(last && isOver(last)).toBe(false);
            expect(await over).toMatchObject({ kind: "done" });
            expect((await shop.stopClients()).failures).toEqual([]);
            await shop.expectServing(to);
            await shop.expectData();

            const jobs = shop.runner.jobs();
            await shop.stack.run("cancel", "--yes");
            const next = await shop.stack.up();
            expect(next).toMatchObject({ exitCode: 0 });
            expect(shop.runner.jobs()).toBe(jobs);
            await shop.expectServing(to);
            const done = shop.runner.job().find(({ kind }) => kind === "done")?.data;
            const report = environmentReport(done as StepResults);
            expect((await shop.stack.outputs()).report).toEqual(report);
            expect(report).toMatchObject({ volumes: [{ proof: { equal: true } }], killed: [] });
        },
    );

    it("is interrupted by Ctrl-C: the runner goes on, and what was printed says how to follow it", async () => {
        const to = shop.idle;
        shop.declare(to);
        const cli = shop.stack.start("up", "--yes", "--skip-preview");
        let output = "";
        for (const stream of [cli.stdout, cli.stderr])
            stream?.on("data", (data: Buffer) => {
                output += data.toString();
            });
        await shop.runner.freezeAt(startOf("last-pass"));
        const gone = ended(cli);
        // The first asks to end well; the second ends it.
        const pressed = setInterval(() => process.kill(-(cli.pid ?? 0), "SIGINT"), 1_000);
        await gone;
        clearInterval(pressed);
        const over = shop.runner.until(isOver);
        shop.runner.signal("SIGCONT");
        expect(await over).toMatchObject({ kind: "done" });
        expect(output).toContain(
            `at work on the target, whatever happens here: npx pulumi-cutover status | follow | abort ${shop.prefix}`,
        );
        await shop.expectServing(to);
        const jobs = shop.runner.jobs();
        await shop.stack.run("cancel", "--yes");
        const next = await shop.stack.up();
        expect(next.exitCode, next.output).toBe(0);
        expect(shop.runner.jobs()).toBe(jobs);
        await shop.expectServing(to);
    });
});
