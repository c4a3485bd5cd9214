import { afterEach, describe, expect, it } from "vitest";
import { startLoad } from "../load.js";
import { slowUpload, upgraded } from "../long-requests.js";
import { startOf } from "./runner-process.js";
import { Shop } from "./shop.js";

let shop: Shop | undefined;
afterEach(async () => {
    await shop?.close();
    shop = undefined;
});

describe("what waits through a whole hand-over", () => {
    it("2,000 requests are held while green starts, and all are answered by it", async () => {
        const held = 2_000;
        shop = await Shop.open({ green: { START_DELAY: "6000" } });
        await shop.write();
        shop.declare("green");
        const up = shop.stack.up();
        // Blue ran until the last pass began: whatever is sent from here on waits.
        await shop.runner.until(startOf("last-pass"));
        const written: string[] = [];
        const load = startLoad({
            port: shop.port,
            connections: held,
            requests: held,
            request: (index) =>
                index % 2 === 0
                    ? { method: "GET", path: "/" }
                    : { method: "POST", path: "/", body: `held${index}` },
            onAnswer: (_, { body }) => {
                if (body !== undefined) written.push(body);
            },
        });
        const result = await up;
        expect(result.exitCode, result.output).toBe(0);
        const report = await load.ended;
        expect(report.failures).toEqual([]);
        expect(report).toMatchObject({ sent: held, failed: 0, bySlot: { green: held } });
        expect(written).toHaveLength(held / 2);
        const { freeze } = (await shop.stack.outputs()).report as { freeze: { held: number } };
        expect(freeze.held).toBe(held);
        await shop.expectServing("green");
        await shop.expectData(written);
    });
});

describe("a WebSocket and a slow upload that are open at the hold", () => {
    const drainThen = (then: string) => ({
        more: `handover: { onRollback: "reverseSync", drain: { timeout: "2 seconds", then: "${then}" } },`,
    });

    it('drain.then "abort": they are cut, counted, and the half upload is nowhere', async () => {
        shop = await Shop.open(drainThen("abort"));
        await shop.write();
        const live = await upgraded(shop.port);
        const upload = slowUpload(shop.port, "half");
        shop.declare("green");
        const result = await shop.stack.up();
        expect(result.exitCode, result.output).toBe(0);
        await live.closed;
        expect(await upload.cut).toBe(true);
        const { freeze } = (await shop.stack.outputs()).report as { freeze: { cut: number } };
        expect(freeze.cut).toBe(2);
        await shop.expectServing("green");
        await shop.expectData();
    });

    it('drain.then "rollback": it goes back, and both go on where they were', async () => {
        shop = await Shop.open(drainThen("rollback"));
        await shop.write();
        const live = await upgraded(shop.port);
        const upload = slowUpload(shop.port, "whole");
        shop.declare("green");
        const result = await shop.stack.up();
        expect(result.exitCode).not.toBe(0);
        expect(result.output).toContain(
            "drain: 2 requests were still in flight after 2 s\n" +
                '    now: blue serves\n    next: give handover.drain.timeout more time, or set handover.drain.then to "abort"',
        );
        expect(await live.echo("still there")).toBe("still there");
        upload.end();
        expect(await upload.cut).toBe(false);
        upload.socket.destroy();
        live.end();
        await shop.expectServing("blue");
        await shop.expectData(["whole"]);
    });
});
