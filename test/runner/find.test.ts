import { expect, test } from "vitest";
import type { DockerEngine } from "../../provider/platforms/docker/engine.js";
import { labelKeys } from "../../provider/platforms/docker/names.js";
import { findPrefix } from "../../provider/runner/find.js";

/** An engine with the journals of these resources. */
function engineWith(...resources: { prefix: string; name: string }[]): DockerEngine {
    const volumes = resources.map(({ prefix, name }) => ({
        labels: { [labelKeys.prefix]: prefix, [labelKeys.name]: name },
    }));
    return { volumes: async () => volumes } as unknown as DockerEngine;
}

const shop = { prefix: "web-prod-shop", name: "shop" };

test("a prefix is itself, and the name of a resource is found where one stack has it", async () => {
    expect(await findPrefix(engineWith(shop), "web-prod-shop")).toBe("web-prod-shop");
    expect(await findPrefix(engineWith(shop), "shop")).toBe("web-prod-shop");
});

test("a name that several stacks have is asked for by prefix", async () => {
    const other = { prefix: "web-dev-shop", name: "shop" };
    await expect(findPrefix(engineWith(shop, other), "shop")).rejects.toThrow(
        "several stacks have a shop here\nnext: write one of: web-dev-shop, web-prod-shop",
    );
});

test("a name that nobody has: what there is, or where else to look", async () => {
    await expect(findPrefix(engineWith(shop), "shopp")).rejects.toThrow(
        "there is no shopp on this engine\nnext: write one of: web-prod-shop",
    );
    await expect(findPrefix(engineWith(), "shop")).rejects.toThrow(
        "there is no shop on this engine\nnext: check the engine: --host, or DOCKER_HOST",
    );
});
