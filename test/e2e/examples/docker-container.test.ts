import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../free-port.js";
import { docker, type TestStack, unique } from "../stack.js";
import { buildImage, exampleStack, leftBehind } from "./example-stack.js";

const container = unique("orders");
const volume = `${container}-v1`;
let stack: TestStack;
beforeAll(async () => {
    await buildImage("docker-volume/orders", "orders:1");
    const publish = `127.0.0.1:${await freePort()}:6379`;
    const options = ["--restart", "always", "--memory", "256m", "--publish", publish];
    const mount = ["--volume", `${volume}:/data`];
    await docker("run", "--detach", "--name", container, ...options, ...mount, "orders:1");
    stack = await exampleStack("docker-container", { container });
});
afterAll(async () => {
    await stack?.cleanUp();
    await docker("rm", "--force", container, `${container}-2`).catch(() => undefined);
    await docker("volume", "rm", "--force", volume);
});

const redis = (name: string, ...args: string[]) =>
    docker("exec", name, "redis-cli", ...args).catch((error: Error) => error.message);
const inspect = (name: string, field: string) => docker("inspect", "--format", field, name);

it("moves a Redis into a new container, with its settings and its data", async () => {
    await expect.poll(() => redis(container, "set", "order-1", "one cup")).toBe("OK");
    const preview = await stack.preview();
    expect(preview.exitCode, preview.output).toBe(0);
    expect(preview.output).toContain(`start ${container}-2 and wait until healthy`);
    expect(await redis(container, "get", "order-1")).toBe("one cup");

    await stack.must("up", "--yes");
    await expect.poll(() => redis(`${container}-2`, "get", "order-1")).toBe("one cup");
    expect(await inspect(container, "{{.State.Status}}")).toBe("exited");
    const settings = "{{.HostConfig.Memory}} {{json .HostConfig.PortBindings}}";
    expect(await inspect(`${container}-2`, settings)).toBe(await inspect(container, settings));
    const { report, volumes } = await stack.outputs();
    expect(report).toMatchObject({ killed: [], volumes: [{ proof: { equal: true } }] });
    expect((await stack.up("--expect-no-changes")).exitCode).toBe(0);
    expect((await stack.refresh("--expect-no-changes")).exitCode).toBe(0);

    expect((await stack.destroy()).exitCode).toBe(0);
    const copy = (volumes as Record<string, string>)[volume] ?? "";
    expect(await leftBehind(stack)).toEqual({ running: [`${container}-2`], data: [copy] });
    expect(await redis(`${container}-2`, "get", "order-1")).toBe("one cup");
});
