import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Connection } from "../../load.js";
import { docker, RouterUnderTest, releases, routerImage } from "../router-under-test.js";

/** Slots that Docker's own name server finds, each in its own network, as an environment has them. */
describe.each(releases)("names of slots, with HAProxy of %s", (release) => {
    const id = randomBytes(4).toString("hex");
    const networks: [string, string] = [`cutover-test-blue-${id}`, `cutover-test-green-${id}`];
    const slot = (color: string) => `cutover-test-slot-${color}-${id}`;
    let folder: string;
    let image: string;
    let tested: RouterUnderTest;
    let client: Connection;

    beforeAll(async () => {
        folder = mkdtempSync(join(tmpdir(), "cutover-slots-"));
        image = await routerImage(release);
        for (const network of networks) await docker("network", "create", network);
        tested = new RouterUnderTest(image);
        await tested.startIn(networks, {
            blue: { host: "slot-blue", port: 3000 },
            green: { host: "slot-green", port: 3000 },
        });
        await tested.router.ready(10_000);
        client = new Connection("127.0.0.1", tested.port);
    });
    afterAll(async () => {
        client.close();
        await tested.remove();
        for (const color of ["blue", "green", "other"]) {
            await docker("rm", "--force", slot(color)).catch(() => {});
        }
        for (const network of networks) await docker("network", "rm", network).catch(() => {});
        rmSync(folder, { recursive: true });
    });

    /** A server of one constant answer: the router's image has one. */
    async function create(color: string, network: string, alias: string): Promise<void> {
        const configuration = [
            "defaults",
            "    mode http",
            "    timeout client 10s",
            "frontend slot",
            "    bind *:3000",
            `    http-request return status 200 hdr x-slot ${color}`,
        ];
        writeFileSync(join(folder, color), `${configuration.join("\n")}\n`);
        const where = ["--network", network, "--network-alias", alias];
        const what = ["--volume", `${folder}:/slots`, "--entrypoint", "haproxy", image];
        await docker("create", "--name", slot(color), ...where, ...what, "-f", `/slots/${color}`);
    }
    const get = async () => {
        const { status, headers } = await client.send({ method: "GET", path: "/" });
        return headers["x-slot"] ?? status;
    };
    const usable = async (color: string) =>
        (await tested.router.observe()).slots[color]?.usable ?? false;
    async function timeUntil(condition: () => Promise<boolean>): Promise<number> {
        const start = Date.now();
        while (!(await condition())) {
            if (Date.now() - start > 10_000) throw new Error("not within 10 s");
            await sleep(20);
        }
        return Date.now() - start;
    }
    const address = (color: string) =>
        docker(
            "inspect",
            "--format",
            "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
            slot(color),
        );

    test("the router starts while no slot runs, and answers 503", async () => {
        expect(await tested.router.observe()).toMatchObject({
            slots: { blue: { usable: false, weight: 100 }, green: { usable: false, weight: 0 } },
        });
        expect(await get()).toBe(503);
    });

    test("a slot that starts is found within a second", async () => {
        await create("blue", networks[0], "slot-blue");
        await docker("start", slot("blue"));
        expect(await timeUntil(() => usable("blue"))).toBeLessThan(1_500);
        expect(await get()).toBe("blue");
    });

    test("a slot without weight is found too, and gets nothing", async () => {
        await create("green", networks[1], "slot-green");
        await docker("start", slot("green"));
        await timeUntil(() => usable("green"));
        for (let n = 0; n < 5; n++) expect(await get()).toBe("blue");
    });

    test("a slot that stops is out within a second", async () => {
        await docker("stop", "--time", "0", slot("blue"));
        expect(await timeUntil(async () => !(await usable("blue")))).toBeLessThan(1_500);
        expect(await get()).toBe(503);
    });

    test("its old address, taken by another container, is never used", async () => {
        const old = (await address("green")) || "";
        await docker("stop", "--time", "0", slot("green"));
        await timeUntil(async () => !(await usable("green")));
        await create("other", networks[1], "somebody-else");
        await docker("start", slot("other"));
        expect(await address("other")).toBe(old);
        await docker("start", slot("green"));
        expect(await address("green")).not.toBe(old);
        await tested.router.setWeights({ blue: 0, green: 100 });
        await timeUntil(() => usable("green"));
        for (let n = 0; n < 10; n++) expect(await get()).toBe("green");
    });

    test("who waits for an address has it for certain, right after a restart too", async () => {
        for (let n = 0; n < 3; n++) {
            await docker("restart", "--time", "0", slot("green"));
            await tested.router.setAddress("green", await address("green"));
            expect(await get()).toBe("green");
        }
    });

    test("an address that it never gets is an error", async () => {
        await expect(tested.router.setAddress("green", "192.0.2.1")).rejects.toThrow(
            `the router finds green at ${await address("green")}, not at 192.0.2.1\n` +
                "next: see that the router and green are in one network, where it is named slot-green",
        );
    });

    test("the hold knows clients that left, also through a published port", async () => {
        const gone = new Connection("127.0.0.1", tested.port);
        const held = async () => (await tested.router.observe()).held;
        await get();
        await tested.router.hold(Date.now() + 20_000);
        gone.send({ method: "POST", path: "/gone", body: "x" }).catch(() => {});
        const stays = get();
        await expect.poll(held).toBe(2);
        gone.close();
        await expect.poll(held, { timeout: 5_000 }).toBe(1);
        await tested.router.release();
        expect(await stays).toBe("green");
        await expect.poll(held).toBe(0);
    });
});
