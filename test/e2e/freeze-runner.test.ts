import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startOf } from "./runner-process.js";
import { Shop } from "./shop.js";

const sleep = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1000));

/** SIGSTOP of the runner for longer than requests may be held: its clock went on, its alarms did not ring. */
describe("a runner that stands still", () => {
    let shop: Shop;
    beforeAll(async () => {
        shop = await Shop.open({
            more: `handover: { onRollback: "reverseSync", maxHold: "20 seconds" },`,
        });
    });
    afterAll(() => shop?.close());

    /** @param last where it was stopped */
    async function handOverStoppedAt(step: string, seconds: number) {
        const from = shop.serving;
        const to = shop.idle;
        shop.declare(to);
        shop.startClients(20);
        const up = shop.stack.up();
        await shop.runner.freezeAt(startOf(step));
        await sleep(seconds);
        shop.runner.signal("SIGCONT");
        const result = await up;
        const clients = await shop.stopClients();
        return { from, to, result, clients };
    }

    it.each([
        ["drain", 25],
        ["last-pass", 60],
        ["start", 25],
    ])(
        "in %s for %i s: requests get 503 at the deadline, reach no slot, and it goes back",
        async (step, seconds) => {
            const { from, result, clients } = await handOverStoppedAt(step, seconds);
            expect(result.exitCode).not.toBe(0);
            expect(result.output).toContain("it did not fit into 20 s");
            expect(result.output).toContain(`now: ${from} serves`);
            expect(clients.failed).toBeGreaterThan(0);
            for (const failure of clients.failures) expect(failure).toContain("answered 503");
            await shop.expectServing(from);
            await shop.expectData();

            await shop.handOver();
            await shop.expectData();
        },
    );

    it("after the commit: it goes on where it was", async () => {
        const { to, result, clients } = await handOverStoppedAt("weights", 25);
        expect(result.exitCode).toBe(0);
        for (const failure of clients.failures) expect(failure).toContain("answered 503");
        await shop.expectServing(to);
        await shop.expectData();
    });
});
