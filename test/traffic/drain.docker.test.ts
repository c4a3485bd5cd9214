import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { drain } from "../../provider/traffic/drain.js";
import { Connection } from "../load.js";
import { slowUpload } from "../long-requests.js";
import { RouterUnderTest, releases, routerImage } from "./router-under-test.js";
import { type SlotServer, startSlot } from "./slot-server.js";

describe.each(releases)("drain, with HAProxy of %s", (release) => {
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
        await tested.router.release();
        await tested.router.abort("blue");
        await inFlightIs(0);
        blue.seen.length = 0;
    });

    const inFlightIs = (count: number) =>
        expect.poll(async () => (await tested.router.observe()).inFlight).toBe(count);

    async function openWebSocket(): Promise<{ socket: WebSocket; closed: Promise<void> }> {
        const socket = new WebSocket(`ws://127.0.0.1:${tested.port}/live`);
        await new Promise((resolve, reject) => {
            socket.once("open", resolve);
            socket.once("error", reject);
        });
        socket.on("error", () => {});
        return { socket, closed: new Promise((resolve) => socket.once("close", () => resolve())) };
    }

    test("requests in flight are waited for", async () => {
        const client = new Connection("127.0.0.1", tested.port);
        const answer = client.send({ method: "POST", path: "/slow", body: "x" });
        await inFlightIs(1);
        await tested.router.hold(Date.now() + 20_000);
        const drained = await drain(tested.router, { timeout: 5_000, then: "rollback" });
        expect(drained.cut).toBe(0);
        expect(drained.waited).toBeGreaterThan(100);
        expect((await answer).body).toBe("blue\n");
        client.close();
    });

    test("then: abort cuts a WebSocket and a slow upload, and tells how many", async () => {
        const { socket, closed } = await openWebSocket();
        const upload = slowUpload(tested.port);
        await inFlightIs(2);
        await tested.router.hold(Date.now() + 20_000);
        expect((await tested.router.observe()).slots.blue?.inFlight).toBe(2);
        const drained = await drain(tested.router, { timeout: 300, then: "abort" });
        expect(drained.cut).toBe(2);
        expect(drained.waited).toBeGreaterThanOrEqual(300);
        await closed;
        expect(await upload.cut).toBe(true);
        expect(socket.readyState).toBe(WebSocket.CLOSED);
        expect((await tested.router.observe()).inFlight).toBe(0);
        expect(blue.seen.filter(({ whole }) => whole)).toEqual([]);
    });

    test("then: rollback fails with what is left, and both go on", async () => {
        const { socket } = await openWebSocket();
        const upload = slowUpload(tested.port);
        await inFlightIs(2);
        await tested.router.hold(Date.now() + 20_000);
        await expect(drain(tested.router, { timeout: 300, then: "rollback" })).rejects.toThrow(
            "2 requests were still in flight after 300 ms\n" +
                'next: give handover.drain.timeout more time, or set handover.drain.then to "abort"',
        );
        await tested.router.release();
        const echo = new Promise((resolve) => socket.once("message", (data) => resolve(`${data}`)));
        socket.send("still there");
        expect(await echo).toBe("blue: still there");
        upload.end();
        expect(await upload.cut).toBe(false);
        upload.socket.destroy();
        socket.terminate();
    });

    test("a request that is still being connected to a dead slot is in flight, and is cut", async () => {
        // 192.0.2.1 never answers (RFC 5737).
        await tested.router.setAddress("blue", "192.0.2.1");
        const socket = connect(tested.port, "127.0.0.1");
        socket.on("error", () => {});
        const closed = new Promise((resolve) => socket.once("close", resolve));
        socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
        await inFlightIs(1);
        await tested.router.hold(Date.now() + 20_000);
        const { cut } = await drain(tested.router, { timeout: 200, then: "abort" });
        expect(cut).toBe(1);
        socket.resume();
        socket.end();
        await closed;
        await tested.router.setAddress("blue", "127.0.0.1");
    });

    test("and so is one whose connection was refused and waits to be tried again", async () => {
        const { port } = blue;
        await blue.stop();
        const socket = connect(tested.port, "127.0.0.1");
        socket.on("error", () => {});
        socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
        await inFlightIs(1);
        await tested.router.hold(Date.now() + 20_000);
        const { cut } = await drain(tested.router, { timeout: 50, then: "abort" });
        expect(cut).toBe(1);
        blue = await startSlot("blue", port);
        await tested.router.release();
        await sleep(1_500);
        expect(blue.seen).toEqual([]);
        socket.destroy();
    });
});
