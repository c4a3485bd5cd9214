import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Line, startOf } from "./runner-process.js";
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
        const last = await shop.runner.freezeAt(line);
        shop.runner.signal("SIGKILL");
        const result = await up;
        const clients = await shop.stopClients();
        expect(clients.failures).toEqual([]);
        expect(clients.longestWait).toBeLessThan(maxHold);
        return { last, to, result };
    }

    it.each(["prepare", "copy", "hold", "drain", "stop", "last-pass", "start", "commit"])(
        "goes back when it dies in %s, before the commit; the next up hands over",
        async (step) => {
            const from = shop.serving;
            const { last, result } = await handOverKilledAt(startOf(step));
            expect(last).toMatchObject({ kind: "start", step });
            expect(result.exitCode).not.toBe(0);
            expect(result.output).toContain(`${step}: the runner was ended while it worked`);
            expect(result.output).toContain(`now: ${from} serves`);
            expect(shop.runner.job().at(-1)).toMatchObject({ kind: "failed" });
            await shop.expectServing(from);
            await shop.expectData();

            await shop.handOver();
            await shop.expectData();
        },
    );

    it.each(["commit itself", "weights", "release", "settle", "close"])(
        "goes forward when it dies in %s, from the commit on",
        async (step) => {
            const line =
                step === "commit itself" ? ({ kind }: Line) => kind === "commit" : startOf(step);
            const { last, to, result } = await handOverKilledAt(line);
            expect(last).toMatchObject(
                step === "commit itself" ? { kind: "commit" } : { kind: "start", step },
            );
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
