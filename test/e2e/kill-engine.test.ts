import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Line, startOf } from "./runner-process.js";
import { SecondEngine } from "./second-engine.js";
import { type Ask, Shop } from "./shop.js";
import { docker } from "./stack.js";

const isOver = ({ kind }: Line) => kind === "done" || kind === "failed";

/** From inside the router: the engine's network is not this process's. */
const askInside =
    (prefix: string): Ask =>
    async (path, body) => {
        const data = body === undefined ? [] : ["--data-binary", body];
        const url = `http://127.0.0.1:8080${path}`;
        const argv = ["curl", "--silent", "--include", "--max-time", "20", ...data, url];
        const answer = await docker("exec", `${prefix}-router`, ...argv);
        const [head = "", ...rest] = answer.split("\r\n\r\n");
        return {
            status: Number(head.split(" ")[1]),
            slot: /^x-slot: (.*)$/im.exec(head)?.[1]?.trim() ?? null,
            text: rest.join("\r\n\r\n"),
        };
    };

/** Asks until it is answered: an engine that was just started starts its containers one by one. */
async function eventually(check: () => Promise<unknown>, seconds = 40): Promise<void> {
    for (const end = Date.now() + seconds * 1000; ; ) {
        try {
            await check();
            return;
        } catch (error) {
            if (Date.now() > end) throw error;
        }
        await new Promise((done) => setTimeout(done, 500));
    }
}

describe("an engine", () => {
    let engine: SecondEngine;
    let shop: Shop;
    let before: string | undefined;
    beforeAll(async () => {
        engine = await SecondEngine.start();
        before = process.env.DOCKER_HOST;
        process.env.DOCKER_HOST = engine.host;
        const { runner, router } = engine.images;
        const more = `handover: { onRollback: "reverseSync" }, runnerImage: "${runner}", routerImage: "${router}",`;
        shop = await Shop.open({ more }, askInside);
    }, 600_000);
    afterAll(async () => {
        await shop?.close();
        if (before === undefined) delete process.env.DOCKER_HOST;
        else process.env.DOCKER_HOST = before;
        await engine?.remove();
    });

    const restsAfterRestart = async (signal: "SIGTERM" | "SIGKILL") => {
        await shop.write();
        await engine.restart(signal);
        await eventually(() => shop.expectServing(shop.serving));
        await shop.expectData();
    };

    /** The engine is killed with the runner at a line of its journal; the CLI ends as it will. */
    async function killedAt(line: (line: Line) => boolean, signal: "SIGTERM" | "SIGKILL") {
        await shop.write();
        const to = shop.idle;
        shop.declare(to);
        const up = shop.stack.up();
        await shop.runner.freezeAt(line);
        const over = shop.runner.until(isOver, 120_000);
        over.catch(() => {});
        await engine.restart(signal);
        await up;
        return { to, over: await over };
    }

    it.each(["SIGTERM", "SIGKILL"] as const)(
        "ended with %s while blue serves starts blue again, and nothing else",
        async (signal) => {
            await restsAfterRestart(signal);
        },
    );

    it.each([
        ["stop", "SIGKILL"],
        ["last-pass", "SIGKILL"],
        ["start", "SIGTERM"],
        ["commit", "SIGKILL"],
    ] as const)(
        "ended in %s (%s) starts the runner again: it goes back, and one slot runs",
        async (step, signal) => {
            const from = shop.serving;
            const { over } = await killedAt(startOf(step), signal);
            expect(over).toMatchObject({ kind: "failed" });
            await eventually(() => shop.expectServing(from));
            await shop.expectData();
        },
    );

    it.each([
        ["weights", "SIGKILL"],
        ["settle", "SIGTERM"],
    ] as const)(
        "ended in %s (%s), after the commit, starts the runner again: it goes forward, and one slot runs",
        async (step, signal) => {
            const { to, over } = await killedAt(startOf(step), signal);
            expect(over).toMatchObject({ kind: "done" });
            await eventually(() => shop.expectServing(to));
            await shop.expectData();
            await shop.stack.run("cancel", "--yes");
            expect((await shop.stack.up()).exitCode).toBe(0);
            await shop.expectServing(to);
        },
    );

    it("ended while green serves starts green again, and nothing else", async () => {
        if (shop.serving === "blue") await shop.handOver();
        await restsAfterRestart("SIGKILL");
        await restsAfterRestart("SIGTERM");
    });

    it("whose disk is full during the copy keeps its slot serving, and hands over when there is room", async () => {
        const from = shop.serving;
        const to = shop.idle;
        await shop.write();
        shop.declare(to);
        const up = shop.stack.up();
        await shop.runner.freezeAt(startOf("copy"));
        const giveBack = await engine.fillDisk();
        shop.runner.signal("SIGCONT");
        const result = await up;
        expect(result.exitCode).not.toBe(0);
        await shop.expectServing(from);
        giveBack();
        await shop.handOver();
        await shop.expectData();
    });

    it("whose disk is full during the freeze and the way back brings its slot back all the same", async () => {
        const from = shop.serving;
        await shop.write();
        shop.declare(shop.idle);
        const up = shop.stack.up();
        await shop.runner.freezeAt(startOf("last-pass"));
        const giveBack = await engine.fillDisk();
        const over = shop.runner.until(isOver, 120_000);
        shop.runner.signal("SIGKILL");
        expect(await over).toMatchObject({ kind: "failed" });
        await shop.expectServing(from);
        expect((await up).exitCode).not.toBe(0);
        giveBack();
        await shop.stack.run("cancel", "--yes");
        await shop.handOver();
        await shop.expectData();
    });
});
