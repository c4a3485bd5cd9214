import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { drain } from "../../../provider/traffic/drain.js";
import { socketTransport } from "../../../provider/traffic/haproxy/transport.js";
import { Connection, startLoad } from "../../load.js";
import { docker, RouterUnderTest, releases, routerImage } from "../router-under-test.js";
import { type SlotServer, startSlot } from "../slot-server.js";

describe.each(releases)("the hold, with HAProxy of %s", (release) => {
    let tested: RouterUnderTest;
    let blue: SlotServer;
    let green: SlotServer;

    beforeAll(async () => {
        [blue, green] = [await startSlot("blue"), await startSlot("green")];
        tested = new RouterUnderTest(await routerImage(release));
        await tested.start([blue, green]);
    });
    afterAll(async () => {
        await tested.remove();
        await blue.stop();
        await green.stop();
    });
    afterEach(async () => {
        await tested.router.setWeights({ blue: 100, green: 0 });
        await tested.router.release();
        await expect.poll(async () => (await tested.router.observe()).held).toBe(0);
        blue.seen.length = 0;
        green.seen.length = 0;
    });

    const heldIs = (count: number) =>
        expect
            .poll(async () => (await tested.router.observe()).held, { timeout: 10_000 })
            .toBe(count);
    const post = (path: string, body = "a body") =>
        new Connection("127.0.0.1", tested.port).send({ method: "POST", path, body });
    const rawRequest = (text: string): Socket => {
        const socket = connect(tested.port, "127.0.0.1");
        socket.on("error", () => {});
        socket.write(text);
        return socket;
    };

    test("requests wait, and go on to the slot that has the weight then", async () => {
        await tested.router.hold(Date.now() + 20_000);
        const answers = Array.from({ length: 50 }, (_, index) => post(`/order/${index}`));
        await heldIs(50);
        expect(await tested.router.observe()).toMatchObject({ holding: true, inFlight: 0 });
        expect(blue.seen).toEqual([]);

        await tested.router.setWeights({ blue: 0, green: 100 });
        await tested.router.release();
        for (const answer of await Promise.all(answers)) {
            expect(answer).toMatchObject({ status: 200, body: "green\n" });
        }
        expect(blue.seen).toEqual([]);
        expect(green.seen).toHaveLength(50);
        expect(await tested.router.observe()).toMatchObject({ holding: false, held: 0 });
    });

    test("what reaches the deadline is answered 503 with Retry-After, all at one moment", async () => {
        const deadline = Date.now() + 1_500;
        await tested.router.hold(deadline);
        const timed = async (path: string) => {
            const answer = await post(path);
            return { answer, early: deadline - Date.now() };
        };
        const first = timed("/first");
        await sleep(1_000);
        const late = timed("/late");
        for (const { answer, early } of [await first, await late]) {
            expect(answer.status).toBe(503);
            expect(answer.headers["retry-after"]).toBe("1");
            expect(early).toBeLessThanOrEqual(0);
            expect(early).toBeGreaterThan(-200);
        }
        // The hold is still set: what comes after the deadline is refused at once.
        const start = Date.now();
        expect((await post("/after")).status).toBe(503);
        expect(Date.now() - start).toBeLessThan(200);
        expect([...blue.seen, ...green.seen]).toEqual([]);
    });

    test("a hold may be prolonged while requests wait", async () => {
        await tested.router.hold(Date.now() + 700);
        const answer = post("/");
        await heldIs(1);
        await tested.router.hold(Date.now() + 20_000);
        await sleep(1_000);
        await heldIs(1);
        await tested.router.release();
        expect((await answer).status).toBe(200);
    });

    test("a waiting request whose client leaves is never run", async () => {
        await tested.router.hold(Date.now() + 20_000);
        const sockets = Array.from({ length: 20 }, (_, index) =>
            rawRequest(`POST /gone/${index} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`),
        );
        const stays = post("/stays");
        await heldIs(21);
        for (const [index, socket] of sockets.entries()) {
            if (index % 2) socket.destroy();
            else socket.resetAndDestroy();
        }
        await heldIs(1);
        await tested.router.release();
        await stays;
        await sleep(300);
        expect(blue.seen.map(({ path }) => path)).toEqual(["/stays"]);
    });

    test("nor one that leaves in the moment of the release", async () => {
        await tested.router.hold(Date.now() + 20_000);
        const sockets = Array.from({ length: 200 }, (_, index) =>
            rawRequest(`POST /gone/${index} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`),
        );
        await heldIs(200);
        for (const socket of sockets) socket.destroy();
        await tested.router.release();
        await sleep(500);
        expect(blue.seen).toEqual([]);
        await heldIs(0);
    });

    test("nor an upload that came whole into the kernel's buffers before its client left", async () => {
        await tested.router.hold(Date.now() + 20_000);
        const size = 60_000;
        const socket = rawRequest(
            `POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`,
        );
        await new Promise((resolve) => socket.end("x".repeat(size), () => resolve(undefined)));
        await sleep(100);
        await tested.router.release();
        await sleep(300);
        expect(blue.seen).toEqual([]);
    });

    test("an upload of which the client sent only a part before it left is never whole", async () => {
        await tested.router.hold(Date.now() + 20_000);
        const size = 5_000_000;
        const socket = rawRequest(
            `POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`,
        );
        socket.write("x".repeat(size / 2));
        await heldIs(1);
        socket.destroy();
        await sleep(300);
        await tested.router.release();
        await sleep(300);
        expect(blue.seen.filter(({ whole }) => whole)).toEqual([]);
    });

    test("300 uploads of 1 MB wait and arrive whole", async () => {
        await tested.router.hold(Date.now() + 60_000);
        const body = "x".repeat(1_000_000);
        const answers = Array.from({ length: 300 }, () => post("/upload", body));
        await heldIs(300);
        await tested.router.release();
        for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
        expect(blue.seen.every(({ bytes, whole }) => whole && bytes === 1_000_000)).toBe(true);
    });

    test("2,000 requests wait, and all are served", async () => {
        await tested.router.hold(Date.now() + 60_000);
        const load = startLoad({ port: tested.port, connections: 2_000, requests: 2_000 });
        await heldIs(2_000);
        const start = performance.now();
        await tested.router.observe();
        expect(performance.now() - start).toBeLessThan(500);
        await tested.router.setWeights({ blue: 0, green: 100 });
        await tested.router.release();
        const report = await load.ended;
        expect(report).toMatchObject({ sent: 2_000, failed: 0, bySlot: { green: 2_000 } });
        expect(blue.seen).toEqual([]);
    });

    test("20 hand-overs under load: nothing fails, and nothing reaches a slot under the hold", async () => {
        const load = startLoad({ port: tested.port, connections: 64 });
        const [slots, names] = [
            [blue, green],
            ["blue", "green"],
        ];
        for (let turn = 0; turn < 20; turn++) {
            await sleep(50);
            await tested.router.hold(Date.now() + 20_000);
            await drain(tested.router, { timeout: 5_000, then: "rollback" });
            const seen = slots.map((slot) => slot.seen.length);
            await sleep(50);
            expect(slots.map((slot) => slot.seen.length)).toEqual(seen);
            const to = names[(turn + 1) % 2] ?? "";
            await tested.router.setWeights({ blue: 0, green: 0, [to]: 100 });
            await tested.router.release();
            const from = slots[turn % 2];
            const before = from?.seen.length;
            await sleep(50);
            expect(from?.seen.length).toBe(before);
        }
        const report = await load.stop();
        expect(report.failures).toEqual([]);
        expect(report.longestWait).toBeLessThan(1_000);
    });

    test("HTTP/2: streams wait, and one that is given up is never run", async () => {
        await tested.router.hold(Date.now() + 20_000);
        const session = connectHttp2(`http://127.0.0.1:${tested.port}`);
        const streams = Array.from({ length: 10 }, (_, index) => {
            const stream = session.request({ ":method": "POST", ":path": `/h2/${index}` });
            stream.on("error", () => {});
            stream.end("a body");
            return stream;
        });
        await heldIs(10);
        const [givenUp, ...others] = streams;
        givenUp?.close(8);
        await heldIs(9);
        const statuses = others.map(
            (stream) =>
                new Promise((resolve) => stream.on("response", (head) => resolve(head[":status"]))),
        );
        await tested.router.release();
        expect(await Promise.all(statuses)).toEqual(Array(9).fill(200));
        session.destroy();
        expect(blue.seen.map(({ path }) => path)).not.toContain("/h2/0");
    });

    test("headers that come slowly and end under the hold are held", async () => {
        const socket = rawRequest("GET /slow-headers HTTP/1.1\r\n");
        await sleep(100);
        await tested.router.hold(Date.now() + 20_000);
        expect((await tested.router.observe()).inFlight).toBe(0);
        socket.write("Host: a\r\n\r\n");
        await heldIs(1);
        expect(blue.seen).toEqual([]);
        await tested.router.release();
        await expect.poll(() => blue.seen.length).toBe(1);
        socket.destroy();
    });

    test("the router's own status answers under a hold", async () => {
        await tested.router.hold(Date.now() + 20_000);
        const status = new Connection("127.0.0.1", tested.statusPort);
        expect(await status.send({ method: "GET", path: "/" })).toMatchObject({ status: 200 });
        status.close();
    });

    test("killed while held: after its restart it still holds, with its weights", async () => {
        await tested.router.setWeights({ blue: 0, green: 100 });
        await tested.router.hold(Date.now() + 30_000);
        const cut = post("/cut").catch((error: Error) => error.message);
        await heldIs(1);
        await tested.kill();
        expect(await cut).toMatch(/closed|ECONNRESET/);
        await expect(tested.router.observe()).rejects.toThrow(
            "the router does not run: nothing answers at its socket",
        );
        await tested.startAgain();
        expect(await tested.router.observe()).toMatchObject({
            holding: true,
            slots: { blue: { weight: 0 }, green: { weight: 100 } },
        });
        const waits = post("/waits");
        await heldIs(1);
        expect([...blue.seen, ...green.seen]).toEqual([]);
        await tested.router.release();
        expect(await waits).toMatchObject({ status: 200, body: "green\n" });
    });

    test("a change while it is down fails, and is in force as soon as it is back", async () => {
        await tested.kill();
        await expect(tested.router.hold(Date.now() + 30_000)).rejects.toThrow(
            "next: start the router: it begins with what was just written to its files",
        );
        await tested.another({ whenDown: "accept" }).setWeights({ blue: 0, green: 100 });
        await tested.startAgain();
        expect(await tested.router.observe()).toMatchObject({
            holding: true,
            slots: { blue: { weight: 0 }, green: { weight: 100 } },
        });
    });

    test("stopped by SIGSTOP: the time-out is no answer, and a hold set again after is in force", async () => {
        await docker("kill", "--signal", "STOP", tested.name);
        const impatient = tested.another({
            transport: socketTransport(`${tested.folder}/haproxy.sock`, 300),
        });
        await expect(impatient.observe()).rejects.toThrow(
            "the router did not answer within 300 ms",
        );
        await docker("kill", "--signal", "CONT", tested.name);
        await tested.router.hold(Date.now() + 20_000);
        expect((await tested.router.observe()).holding).toBe(true);
    });
});
