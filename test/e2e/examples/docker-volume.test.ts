import { afterAll, beforeAll, expect, it } from "vitest";
import { docker, type TestStack, unique } from "../stack.js";
import { buildImage, exampleStack, leftBehind } from "./example-stack.js";

const writer = unique("orders");
const [source, destination] = [`${writer}-v1`, `${writer}-v2`];
let stack: TestStack;
beforeAll(async () => {
    await buildImage("docker-volume/orders", "orders:1");
    await docker("run", "--detach", "--name", writer, "--volume", `${source}:/data`, "orders:1");
    stack = await exampleStack("docker-volume", { writer, source, destination });
});
afterAll(async () => {
    await stack?.cleanUp();
    await docker("rm", "--force", writer, `${writer}-2`).catch(() => undefined);
    await docker("volume", "rm", "--force", source, destination);
});

const redis = (container: string, ...args: string[]) =>
    docker("exec", container, "redis-cli", ...args).catch((error: Error) => error.message);

it("moves a Redis to a new volume, with its data", async () => {
    await expect.poll(() => redis(writer, "set", "order-1", "one cup")).toBe("OK");
    const preview = await stack.preview();
    expect(preview.exitCode).toBe(0);
    expect(preview.output).toContain(`stop ${writer}`);
    expect(await redis(writer, "get", "order-1")).toBe("one cup");

    await stack.must("up", "--yes");
    await expect.poll(() => redis(`${writer}-2`, "get", "order-1")).toBe("one cup");
    expect(await docker("inspect", "--format", "{{.State.Status}}", writer)).toBe("exited");
    expect(await stack.outputs()).toMatchObject({
        volume: destination,
        report: { proof: { equal: true } },
    });
    expect(await redis(`${writer}-2`, "set", "order-2", "two cups")).toBe("OK");
    expect((await stack.up("--expect-no-changes")).exitCode).toBe(0);
    expect((await stack.refresh("--expect-no-changes")).exitCode).toBe(0);

    expect((await stack.destroy()).exitCode).toBe(0);
    expect(await leftBehind(stack)).toEqual({ running: [], data: [destination] });
    expect(await docker("volume", "inspect", "--format", "{{.Name}}", source)).toBe(source);
});
