import { expect, test } from "vitest";
import { said } from "./shop.js";

/** No text, number or list that any leaf takes. */
const secret = "hunter2\n: {} s3cret";

test.each([
    "docker.host",
    "slots.blue.containers.web.image",
    "slots.blue.background",
    "volumes.data.mounts.web",
    "volumes.data.seed",
    "volumes.data.seed.docker",
    "volumes.data.seed.docker.volume",
    "volumes.data.seed.docker.host",
    "volumes.data.onDestroy",
    "volumes.data.acknowledge",
    "volumes.data.safeMethodsOnly",
    "traffic.listen",
    "traffic.networks",
    "traffic.to.container",
    "traffic.to.port",
    "traffic.weights.blue",
    "health.path",
    "health.healthyAfter",
    "health.timeout",
    "handover.maxHold",
    "handover.drain",
    "handover.drain.timeout",
    "handover.drain.then",
    "handover.onRollback",
    "handover.onRollback.discard",
    "handover.passes.max",
    "handover.passes.settle",
    "adopt.container",
    "adopt.maxGap",
    "runnerImage",
    "routerImage",
    "colour",
    "health.password",
])("never prints what was written for %s", (path) => {
    const lines = said({ [path]: secret });
    expect(lines).not.toEqual([]);
    expect(lines.join("\n")).not.toMatch(/hunter2|s3cret/);
});

test("never prints what was written in a list", () => {
    for (const path of ["slots.blue.background", "traffic.networks"]) {
        const lines = said({ [path]: [secret] });
        expect(lines).not.toEqual([]);
        expect(lines.join("\n")).not.toMatch(/hunter2|s3cret/);
    }
});

test("says of a password in the host that it is there, not what it is", () => {
    const lines = said({ "docker.host": "tcp://admin:hunter2@shop-1:2376" });
    expect(lines).toEqual(["docker.host: holds a password; leave it out, and use an SSH key"]);
});
