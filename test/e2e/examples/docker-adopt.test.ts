import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../free-port.js";
import { docker, type TestStack, unique } from "../stack.js";
import { buildImage, curl, exampleStack, leftBehind } from "./example-stack.js";

const container = unique("byhand");
const volume = `${container}-data`;
let stack: TestStack;
let url: string;
beforeAll(async () => {
    await buildImage("docker-adopt/files", "files:1", { DEBIAN: "bookworm" });
    await buildImage("docker-adopt/files", "files:2", { DEBIAN: "trixie" });
    const listen = `127.0.0.1:${await freePort()}`;
    url = `http://${listen}`;
    const settings = ["--publish", `${listen}:8080`, "--volume", `${volume}:/srv/files`];
    const restart = ["--restart", "unless-stopped"];
    await docker("run", "--detach", "--name", container, ...restart, ...settings, "files:1");
    stack = await exampleStack("docker-adopt", { container, volume, listen });
});
afterAll(async () => {
    await stack?.cleanUp();
    await docker("rm", "--force", container);
    await docker("volume", "rm", "--force", volume);
});

const put = (name: string) =>
    curl("--request", "PUT", "--data-binary", `text of ${name}`, `${url}/${name}`);
const get = (name: string) => curl(`${url}/${name}`);
const stateOf = (name: string) =>
    docker("inspect", "--format", "{{.State.Status}} {{.HostConfig.RestartPolicy.Name}}", name);

it("takes over a container that was started by hand, and upgrades it", async () => {
    await expect.poll(() => put("before").catch(() => "not yet")).toBe("");
    const preview = await stack.preview();
    expect(preview.output).toContain("blue takes over from the adopted container");
    expect(await stateOf(container)).toBe("running unless-stopped");

    await stack.must("up", "--yes");
    expect(await get("before")).toBe("text of before");
    await put("on-blue");
    expect(await stateOf(container)).toBe("exited no");
    expect((await stack.up("--expect-no-changes")).exitCode).toBe(0);
    expect((await stack.refresh("--expect-no-changes")).exitCode).toBe(0);

    await stack.config({ green: 100 });
    expect((await stack.preview()).output).toContain("release: blue hands over to green");
    await stack.must("up", "--yes");
    expect(await get("before")).toBe("text of before");
    expect(await get("on-blue")).toBe("text of on-blue");
    expect((await stack.up("--expect-no-changes")).exitCode).toBe(0);

    expect((await stack.destroy()).exitCode).toBe(0);
    const prefix = stack.prefix("files");
    expect(await leftBehind(stack)).toEqual({
        running: [],
        data: [`${prefix}-data-blue`, `${prefix}-data-green`, `${prefix}-journal`],
    });
    expect(await stateOf(container)).toBe("exited no");
});
