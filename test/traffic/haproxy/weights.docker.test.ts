import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { RouterSettings } from "../../../provider/traffic/haproxy/configuration.js";
import { socketTransport } from "../../../provider/traffic/haproxy/transport.js";
import { freePort } from "../../free-port.js";
import { Connection, startLoad } from "../../load.js";
import { RouterUnderTest, releases, routerImage } from "../router-under-test.js";
import { type SlotServer, startSlot, startSlotProcess } from "../slot-server.js";

describe.each(releases)("weights, with HAProxy of %s", (release) => {
    let image: string;
    let cleanUp: (() => Promise<void>)[] = [];

    beforeAll(async () => {
        image = await routerImage(release);
    });
    afterEach(async () => {
        for (const step of cleanUp) await step();
        cleanUp = [];
    });

    async function start(
        more: Partial<RouterSettings> = {},
        slotOf: (name: string) => Promise<SlotServer> = startSlot,
    ) {
        const [blue, green] = [await slotOf("blue"), await slotOf("green")];
        const tested = new RouterUnderTest(image);
        cleanUp.push(
            () => tested.remove(),
            () => blue.stop(),
            () => green.stop(),
        );
        await tested.start([blue, green], more);
        const client = new Connection("127.0.0.1", tested.port);
        const get = (headers: Record<string, string> = {}) =>
            client.send({ method: "GET", path: "/", headers });
        return { tested, router: tested.router, blue, green, client, get };
    }

    test("each cycle is exact to one request, on one connection", async () => {
        const { router, get } = await start();
        for (const blue of [100, 90, 99, 67, 50, 33, 10, 1, 0]) {
            await router.setWeights({ blue, green: 100 - blue });
            for (let cycle = 0; cycle < 5; cycle++) {
                let seen = 0;
                for (let n = 0; n < 100; n++) if ((await get()).body === "blue\n") seen++;
                expect(Math.abs(seen - blue)).toBeLessThanOrEqual(1);
                if (blue === 0 || blue === 100) expect(seen).toBe(blue);
            }
        }
    });

    test("10,000 requests over 64 connections are within 1 percentage point", async () => {
        const { tested, router } = await start();
        await router.setWeights({ blue: 90, green: 10 });
        const load = startLoad({ port: tested.port, connections: 64, requests: 10_000 });
        const { failed, bySlot } = await load.ended;
        expect(failed).toBe(0);
        expect(Math.abs((bySlot.green ?? 0) - 1_000)).toBeLessThanOrEqual(100);
    });

    test("100 changes under load: none of 200,000 requests fails", async () => {
        const { tested, router } = await start({}, startSlotProcess);
        const load = startLoad({ port: tested.port, connections: 64 });
        for (let change = 0; change < 100 || load.sent < 200_000; change++) {
            const blue = [100, 90, 50, 10, 0, 33][change % 6] ?? 0;
            await router.setWeights({ blue, green: 100 - blue });
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        const report = await load.stop();
        expect(report.failures).toEqual([]);
        expect(report.sent).toBeGreaterThanOrEqual(200_000);
        expect(report.bySlot.blue).toBeGreaterThan(0);
        expect(report.bySlot.green).toBeGreaterThan(0);
    });

    test("they are read back, and seen when somebody moved them by hand", async () => {
        const { tested, router } = await start();
        await router.setWeights({ blue: 25, green: 75 });
        const weights = async () => {
            const { slots } = await router.observe();
            return { blue: slots.blue?.weight, green: slots.green?.weight };
        };
        expect(await weights()).toEqual({ blue: 25, green: 75 });
        await socketTransport(join(tested.folder, "haproxy.sock"))("set weight slots/blue 60");
        expect(await weights()).toEqual({ blue: 60, green: 75 });
        await router.reapply();
        expect(await weights()).toEqual({ blue: 25, green: 75 });
    });

    test("died between file and socket: as before until it is applied again or restarts", async () => {
        const { tested, router, get } = await start();
        const configuration = join(tested.folder, "haproxy.cfg");
        await router.setWeights({ blue: 0, green: 100 });
        const after = readFileSync(configuration, "utf8");
        await router.setWeights({ blue: 100, green: 0 });
        writeFileSync(configuration, after);
        expect((await get()).body).toBe("blue\n");
        await router.reapply();
        expect((await get()).body).toBe("green\n");

        await router.setWeights({ blue: 100, green: 0 });
        writeFileSync(configuration, after);
        writeFileSync(join(tested.folder, "hold.map"), `until ${Date.now() + 60_000}\n`);
        await tested.kill();
        await tested.startAgain();
        expect(await router.observe()).toMatchObject({
            holding: true,
            slots: { blue: { weight: 0 }, green: { weight: 100 } },
        });
    });

    test("names and numbers that are none are refused before anything changes", async () => {
        const { router } = await start();
        await expect(router.setWeights({ red: 100 })).rejects.toThrow("the router has no slot red");
        await expect(router.setWeights({ blue: 50.5, green: 49.5 })).rejects.toThrow(
            "the weight of blue is 50.5: it must be an integer from 0 to 100",
        );
        expect((await router.observe()).slots.blue?.weight).toBe(100);
    });

    test("sticky: a client stays on its slot, and leaves it when it has no weight", async () => {
        const { router, get } = await start({ sticky: { cookie: "shop-slot" } });
        await router.setWeights({ blue: 50, green: 50 });
        const cookies = new Map<string, string>();
        for (let n = 0; n < 4; n++) {
            const { body, headers } = await get();
            cookies.set(body.trim(), headers["set-cookie"]?.split(";")[0] ?? "");
        }
        expect(Object.fromEntries(cookies)).toEqual({
            blue: "shop-slot=blue",
            green: "shop-slot=green",
        });
        for (let n = 0; n < 10; n++) {
            expect((await get({ cookie: "shop-slot=green" })).body).toBe("green\n");
        }
        await router.setWeights({ blue: 100, green: 0 });
        const moved = await get({ cookie: "shop-slot=green" });
        expect(moved.body).toBe("blue\n");
        expect(moved.headers["set-cookie"]).toContain("shop-slot=blue");
        await router.setWeights({ blue: 50, green: 50 });
        expect((await get({ cookie: "shop-slot=green" })).body).toBe("green\n");
    });

    test("safe methods only: whatever may write goes to one slot", async () => {
        const { router, client, get } = await start({
            weights: { blue: 50, green: 50 },
            unsafeTo: "blue",
        });
        const send = async (method: string, headers: Record<string, string> = {}) =>
            (await client.send({ method, path: "/", headers, body: "" })).headers["x-slot"];
        for (let n = 0; n < 10; n++) {
            for (const method of ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"]) {
                expect(await send(method)).toBe("blue");
            }
            expect(await send("GET", { upgrade: "something" })).toBe("blue");
        }
        const seen = new Set<string | undefined>();
        for (let n = 0; n < 10; n++) seen.add((await get()).headers["x-slot"]);
        expect(seen).toEqual(new Set(["blue", "green"]));
        // At 100 the whole slot takes them.
        await router.setWeights({ blue: 0, green: 100 });
        expect(await send("POST")).toBe("green");
        await router.setWeights({ blue: 10, green: 90 }, { unsafeTo: "blue" });
        expect(await send("POST")).toBe("blue");
    });

    test("a dead slot: with failover the other answers, without it never", async () => {
        const dead = { name: "green", port: await freePort(), seen: [], slowness: 0 };
        const gone = async (name: string): Promise<SlotServer> =>
            name === "green" ? { ...dead, stop: async () => {} } : startSlot(name);
        const weights = { blue: 50, green: 50 };
        const quick = { connect: "100 milliseconds" } as const;
        const over = await start({ failover: true, weights, timeouts: quick }, gone);
        for (let n = 0; n < 4; n++) expect((await over.get()).status).toBe(200);
        const alone = await start({ weights: { blue: 0, green: 100 }, timeouts: quick }, gone);
        for (let n = 0; n < 4; n++) expect((await alone.get()).status).toBe(503);
        expect(alone.blue.seen).toEqual([]);
    });

    test("an address may be told, and is used at once", async () => {
        const { router, get, blue } = await start();
        await router.setAddress("blue", "127.0.0.2");
        expect((await router.observe()).slots.blue?.address).toBe(`127.0.0.2:${blue.port}`);
        await router.setAddress("blue", "127.0.0.1");
        await router.setAddress("blue", "127.0.0.1");
        expect((await get()).body).toBe("blue\n");
        await expect(router.setAddress("red", "127.0.0.1")).rejects.toThrow(
            "the router has no slot red",
        );
    });
});
