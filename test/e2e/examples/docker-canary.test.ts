import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../free-port.js";
import { startLoad } from "../../load.js";
import type { TestStack } from "../stack.js";
import { buildImage, exampleStack, leftBehind } from "./example-stack.js";

let stack: TestStack;
let port: number;
beforeAll(async () => {
    for (const RELEASE of [1, 2])
        await buildImage("docker-canary/page", `page:${RELEASE}`, { RELEASE });
    port = await freePort();
    stack = await exampleStack("docker-canary", { listen: `127.0.0.1:${port}` });
});
afterAll(() => stack?.cleanUp());

/** Which release answered each of 100 requests of one client. */
async function shares(): Promise<Record<string, number>> {
    const slotOf = ({ body }: { body: string }) => body.trim();
    const request = () => ({ method: "GET", path: "/" });
    const load = startLoad({ port, connections: 1, requests: 100, request, slotOf });
    const report = await load.ended;
    expect(report.failures).toEqual([]);
    return report.bySlot;
}

it("shares requests out as the stack's configuration says", async () => {
    expect((await stack.preview()).output).toContain("blue begins to serve");
    await stack.must("up", "--yes");
    expect(await shares()).toEqual({ "release 1": 100 });
    expect((await stack.up("--expect-no-changes")).exitCode).toBe(0);
    expect((await stack.refresh("--expect-no-changes")).exitCode).toBe(0);

    await stack.config({ green: 10 });
    expect((await stack.preview()).output).toContain("~ green: 0 => 10");
    await stack.must("up", "--yes");
    expect(await shares()).toEqual({ "release 1": 90, "release 2": 10 });
    expect((await stack.up("--expect-no-changes")).exitCode).toBe(0);
    expect((await stack.refresh("--expect-no-changes")).exitCode).toBe(0);

    await stack.config({ green: 100 });
    await stack.must("up", "--yes");
    expect(await shares()).toEqual({ "release 2": 100 });

    expect((await stack.destroy()).exitCode).toBe(0);
    expect(await leftBehind(stack)).toEqual({ running: [], data: [] });
});
