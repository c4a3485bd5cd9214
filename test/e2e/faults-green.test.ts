import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Shop } from "./shop.js";

/** The slot that is to take over does not come up: the other one serves again, and the next `up` works. */
describe("a new release", () => {
    let shop: Shop;
    beforeAll(async () => {
        shop = await Shop.open({ health: `{ path: "/healthz", timeout: "4 seconds" }` });
        await fetch(shop.url, { method: "POST", body: "first" });
    });
    afterAll(() => shop?.close());

    /** @returns what the CLI said */
    async function failingUp(settings: Parameters<Shop["declare"]>[1]): Promise<string> {
        const from = shop.serving;
        shop.declare(shop.idle, settings);
        shop.startClients(30);
        const result = await shop.stack.up();
        expect((await shop.stopClients()).failures).toEqual([]);
        expect(result.exitCode).not.toBe(0);
        await shop.expectServing(from);
        await shop.expectData(["first"]);
        return result.output;
    }

    async function nextUpWorks(): Promise<void> {
        await shop.handOver();
        await shop.expectData(["first"]);
    }

    it("that is never healthy does not get a request", async () => {
        const { serving, idle } = shop;
        const output = await failingUp({ [idle]: { UNHEALTHY: "true" } });
        expect(output).toContain(
            `start: slot ${idle} was not healthy within 4 s: the last answer was status 500, asked for /healthz`,
        );
        expect(output).toContain(`now: ${serving} serves`);
        expect(output).toContain("next: mend the cause and run pulumi up again");
        await nextUpWorks();
    });

    it("that writes to its copy at its start and then fails leaves nothing of it", async () => {
        const { serving, idle } = shop;
        const output = await failingUp({ [idle]: { WRITE_AT_START: "true", UNHEALTHY: "true" } });
        expect(output).toContain(`now: ${serving} serves`);
        await nextUpWorks();
    });

    it("that crashes after its first answer is not healthy, and its last words are told", async () => {
        const { serving, idle } = shop;
        const output = await failingUp({ [idle]: { EXIT_AFTER: "1" } });
        expect(output).toContain(`start: container web of slot ${idle} is exited with exit code 7`);
        expect(output).toContain(`now: ${serving} serves`);
        await nextUpWorks();
    });

    it("whose image does not exist is refused before anything is touched", async () => {
        const { idle } = shop;
        const jobs = shop.runner.jobs();
        const image = { [idle]: "cutover-test.invalid/no-such-image:1" };
        const output = await failingUp({ image });
        expect(output).toContain(
            `slots.${idle}.containers.web.image: cutover-test.invalid/no-such-image:1 is not on the engine and cannot be pulled`,
        );
        expect(output).toContain("now: nothing was changed");
        expect(output).toContain("next: check its name, or load it onto the engine");
        expect(shop.runner.jobs()).toBe(jobs);
        await nextUpWorks();
    });
});
