import { execFile } from "node:child_process";
import { request } from "node:http";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Line, startOf } from "./runner-process.js";
import { serviceImage } from "./service.js";
import { Shop } from "./shop.js";
import { docker, unique } from "./stack.js";

const rollback = `{ onRollback: "reverseSync", drain: { timeout: "1 second", then: "rollback" } }`;
const abort = `{ onRollback: "reverseSync", drain: { timeout: "1 second", then: "abort" } }`;
const tooShort = `{ onRollback: "reverseSync", maxHold: "40 milliseconds", drain: { timeout: "10 milliseconds", then: "abort" } }`;

/** The copy, the hold or the drain cannot be done as it must: the slot that served serves on. */
describe("a hand-over", () => {
    let shop: Shop;
    beforeAll(async () => {
        shop = await Shop.open();
        await fetch(shop.url, { method: "POST", body: "first" });
    });
    afterAll(() => shop?.close());

    async function expectBack(output: string): Promise<void> {
        expect(output).toContain(`now: ${shop.serving} serves`);
        expect(output).toContain("next: ");
        await shop.expectServing(shop.serving);
        await shop.expectData(["first"]);
    }

    async function nextUpWorks(): Promise<void> {
        await shop.handOver();
        await shop.expectData(["first"]);
    }

    /** A container that appends to a file of the serving slot's volume, for as long as it runs. */
    async function startWriter(mount: (volume: string) => Promise<string> | string) {
        const name = unique("t-writer-");
        const options = ["--detach", "--rm", "--name", name, "--network", "none"];
        const source = await mount(`${shop.prefix}-data-${shop.serving}`);
        const script = "while sleep 0.1; do echo x >> /its/own; done";
        const command = [serviceImage(), "sh", "-c", script];
        await docker("run", ...options, "--volume", `${source}:/its`, ...command);
        return {
            name,
            stop: async () => {
                await docker("exec", name, "rm", "/its/own");
                await docker("rm", "--force", name);
            },
        };
    }

    /** Holds the runner at a line of its journal while something happens. */
    async function upWhile(
        line: (line: Line) => boolean,
        act: () => Promise<unknown>,
        settings: Parameters<Shop["declare"]>[1] = {},
    ) {
        shop.declare(shop.idle, settings);
        const up = shop.stack.up();
        await shop.runner.freezeAt(line);
        await act().finally(() => shop.runner.signal("SIGCONT"));
        return up;
    }

    const cli = (...args: string[]) =>
        new Promise<{ exitCode: number; output: string }>((done) => {
            const program = resolve(import.meta.dirname, "../../dist/cli.js");
            execFile("node", [program, ...args], (error, stdout, stderr) => {
                done({ exitCode: error ? 1 : 0, output: `${stdout}${stderr}` });
            });
        });

    it("with a bind mount of the volume's folder by a container that it does not know is refused, by name", async () => {
        const writer = await startWriter((volume) =>
            docker("volume", "inspect", "--format", "{{.Mountpoint}}", volume),
        );
        shop.declare(shop.idle);
        const { exitCode, output } = await shop.stack.up();
        await writer.stop();
        expect(exitCode).not.toBe(0);
        expect(output).toContain("is written by others too");
        expect(output).toContain(writer.name);
        await expectBack(output);
        await nextUpWorks();
    });

    it("with a writer that was started during the freeze fails its proof, by name", async () => {
        let writer: Awaited<ReturnType<typeof startWriter>> | undefined;
        const { exitCode, output } = await upWhile(startOf("last-pass"), async () => {
            writer = await startWriter((volume) => volume);
        });
        await writer?.stop();
        expect(exitCode).not.toBe(0);
        expect(output).toMatch(/last-pass: .*(wrote to|could be written by|is not equal)/);
        expect(output).toContain(writer?.name);
        await expectBack(output);
        await nextUpWorks();
    });

    /** A request that is in flight when the hold is set. */
    async function upDuringSlowRequest(drain: string) {
        let slow: Promise<string> | undefined;
        const begin = async () => {
            const answer = await fetch(`${shop.url}/slow?ms=8000`);
            slow = answer.text();
            slow.catch(() => {});
        };
        const result = await upWhile(startOf("hold"), begin, { more: `handover: ${drain},` });
        return { ...result, slow };
    }

    it("whose drain does not end goes back, where that is what drain.then says; the request goes on", async () => {
        const { exitCode, output, slow } = await upDuringSlowRequest(rollback);
        expect(exitCode).not.toBe(0);
        expect(output).toContain("drain: 1 request was still in flight after");
        expect(await slow).toBe("begin\nend\n");
        await expectBack(output);
        await nextUpWorks();
    });

    it("whose drain does not end cuts what is left, where that is what drain.then says", async () => {
        const to = shop.idle;
        const { exitCode, output, slow } = await upDuringSlowRequest(abort);
        expect(exitCode, output).toBe(0);
        await expect(slow).rejects.toThrow();
        await shop.expectServing(to);
        expect((await shop.stack.outputs()).report).toMatchObject({ freeze: { cut: 1 } });
    });

    it("whose freeze is not expected to fit into maxHold is not begun", async () => {
        shop.declare(shop.idle, { more: `handover: ${tooShort},` });
        const { exitCode, output } = await shop.stack.up();
        expect(exitCode).not.toBe(0);
        expect(output).toMatch(
            /copy: the freeze is expected to take .*, over half of handover.maxHold \(40 ms\)/,
        );
        expect(output).toContain("next: raise handover.maxHold, or run it in a quieter hour");
        expect(shop.runner.job().some(startOf("hold"))).toBe(false);
        await expectBack(output);
        await nextUpWorks();
    });

    it.each(["copy", "hold"])("that is aborted during %s goes back", async (step) => {
        const { exitCode, output } = await upWhile(startOf(step), async () => {
            const asked = await cli("abort", shop.prefix);
            expect(asked.output).toContain("was asked to go back");
        });
        expect(exitCode).not.toBe(0);
        expect(output).toContain("somebody asked to go back");
        await expectBack(output);
    });

    it("that has committed cannot be aborted", async () => {
        const to = shop.idle;
        const { exitCode } = await upWhile(startOf("weights"), async () => {
            const asked = await cli("abort", shop.prefix);
            expect(asked).toMatchObject({ exitCode: 1 });
            expect(asked.output).toContain("has committed: it only goes forward now");
        });
        expect(exitCode).toBe(0);
        await shop.expectServing(to);
    });

    it("never runs a request whose client left while it waited", async () => {
        const to = shop.idle;
        const { exitCode } = await upWhile(startOf("drain"), async () => {
            const stays = fetch(shop.url, { method: "POST", body: "stays" });
            stays.catch(() => {});
            const leaves = request(shop.url, { method: "POST" });
            leaves.on("error", () => {});
            leaves.end("leaves");
            await new Promise((done) => setTimeout(done, 500));
            leaves.destroy();
        });
        expect(exitCode).toBe(0);
        await shop.expectServing(to);
        await shop.expectData(["first", "stays"]);
    });
});
