import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { handOverSteps, type Line, startOf } from "./runner-process.js";
import { Shop } from "./shop.js";

const maxHold = 30_000;

/** kill -9 of the runner's process: the engine starts it again, and it reads its journal. */
describe("a runner that is killed", () => {
    let shop: Shop;
    beforeAll(async () => {
        shop = await Shop.open();
    });
    afterAll(() => shop?.close());

    /** Kills it at a line of the journal, while clients read and write. */
    async function handOverKilledAt(line: (line: Line) => boolean) {
        const to = shop.idle;
        shop.declare(to);
        shop.startClients();
        const up = shop.stack.up();
        await shop.runner.freezeAt(line);
        // A short step may be over before the stop arrives: what counts is where it really died.
        const died = shop.runner.job();
        shop.runner.signal("SIGKILL");
        const result = await up;
        const clients = await shop.stopClients();
        expect(clients.failures).toEqual([]);
        expect(clients.longestWait).toBeLessThan(maxHold);
        const step = died.findLast(({ kind }) => kind === "start")?.step;
        return { committed: died.some(({ kind }) => kind === "commit"), step, to, result };
    }

    async function expectBack(from: Shop["serving"], step: string | undefined, output: string) {
        expect(output).toContain(`${step}: the runner was ended while it worked`);
        expect(output).toContain(`now: ${from} serves`);
        expect(shop.runner.job().at(-1)).toMatchObject({ kind: "failed" });
        await shop.expectServing(from);
        await shop.expectData();
        await shop.handOver();
        await shop.expectData();
    }

    it.each([...handOverSteps, "commit itself"])(
        "goes back before the commit and forward from it on, when it dies in %s",
        async (wanted) => {
            const from = shop.serving;
            const line =
                wanted === "commit itself"
                    ? ({ kind }: Line) => kind === "commit"
                    : startOf(wanted);
            const { committed, step, to, result } = await handOverKilledAt(line);
            if (!committed) {
                expect(result.exitCode).not.toBe(0);
                await expectBack(from, step, result.output);
                return;
            }
            expect(result).toMatchObject({ exitCode: 0 });
            expect(shop.runner.job().at(-1)).toMatchObject({ kind: "done" });
            await shop.expectServing(to);
            await shop.expectData();
        },
    );

    it("leaves nothing to do for the next up", async () => {
        expect((await shop.stack.up("--expect-no-changes")).exitCode).toBe(0);
    });
});
