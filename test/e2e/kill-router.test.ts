import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startOf } from "./runner-process.js";
import { Shop } from "./shop.js";
import { docker } from "./stack.js";

/** The router dies: open requests are cut, data never, and it comes back with what it was told last. */
describe("a router", () => {
    let shop: Shop;
    beforeAll(async () => {
        shop = await Shop.open();
    });
    afterAll(() => shop?.close());

    /** Its process is killed: the engine starts it again. */
    async function killProcess(): Promise<void> {
        const pid = await docker("inspect", "--format", "{{.State.Pid}}", `${shop.prefix}-router`);
        process.kill(Number(pid), "SIGKILL");
    }

    /** Killed by the engine's own hand, which does not start it again. */
    async function killContainer(): Promise<void> {
        await docker("kill", `${shop.prefix}-router`);
    }

    it.each([
        ["drain", "its container", killContainer],
        ["last-pass", "its process", killProcess],
        ["start", "its container", killContainer],
        ["weights", "its process", killProcess],
        ["release", "its container", killContainer],
    ])(
        "killed during %s (%s) holds requests on, and the hand-over is finished",
        async (step, _how, kill) => {
            const to = shop.idle;
            await shop.write();
            shop.declare(to);
            const up = shop.stack.up();
            await shop.runner.freezeAt(startOf(step));
            await kill();
            shop.runner.signal("SIGCONT");
            const { exitCode, output } = await up;
            expect(exitCode, output).toBe(0);
            await shop.expectServing(to);
            await shop.write();
            await shop.expectData();
        },
    );

    it("killed at rest is started again by the engine, or by the next up", async () => {
        await killProcess();
        await expect
            .poll(
                () =>
                    fetch(shop.url).then(
                        ({ status }) => status,
                        () => 0,
                    ),
                { timeout: 10_000 },
            )
            .toBe(200);
        await killContainer();
        await shop.stack.must("up", "--yes", "--skip-preview", "--refresh");
        await shop.expectServing(shop.serving);
        await shop.expectData();
    });
});
