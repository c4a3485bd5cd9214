import { expect, test } from "vitest";
import {
    type ContainerFacts,
    isAlive,
    type MountFacts,
    parseContainers,
    writersAmong,
} from "../../../provider/platforms/docker/facts.js";

const inspected = {
    Id: "abc",
    Name: "/shop",
    Image: "sha256:1",
    Config: { Image: "shop:1", Labels: null, Env: ["PASSWORD=hunter2"] },
    State: {
        Status: "running",
        StartedAt: "2026-01-01T00:00:00Z",
        FinishedAt: "0001-01-01T00:00:00Z",
        ExitCode: 0,
    },
    RestartCount: 0,
    HostConfig: {
        RestartPolicy: { Name: "" },
        PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }], "81/tcp": null },
    },
    Mounts: [{ Type: "bind", Source: "/srv", Destination: "/data", RW: true }],
    NetworkSettings: { Networks: { proxy: { IPAddress: "172.18.0.2" } } },
};

test("what docker inspect says, less the environment", () => {
    const [facts] = parseContainers(JSON.stringify([inspected]));
    expect(facts).toMatchObject({
        name: "shop",
        labels: {},
        restartPolicy: "no",
        networks: { proxy: { address: "172.18.0.2" } },
        publishes: [{ address: "0.0.0.0", port: 8080, to: 80 }],
        mounts: [{ type: "bind", source: "/srv", path: "/data", writable: true }],
    });
    expect(JSON.stringify(facts)).not.toContain("hunter2");
});

test("a container lives while its processes exist", () => {
    const [facts] = parseContainers(JSON.stringify([inspected]));
    const alive = [
        "created",
        "running",
        "paused",
        "restarting",
        "removing",
        "exited",
        "dead",
    ].filter((status) => isAlive({ ...facts, status } as ContainerFacts));
    expect(alive).toEqual(["running", "paused", "restarting"]);
});

const volume = {
    name: "data",
    labels: {},
    createdAt: "",
    mountpoint: "/var/lib/docker/volumes/data/_data",
};

test.each<[string, Partial<MountFacts>, boolean]>([
    ["the volume itself", { type: "volume", volume: "data" }, true],
    ["the volume, to read only", { type: "volume", volume: "data", writable: false }, false],
    ["another volume", { type: "volume", volume: "data2" }, false],
    ["its folder", { source: "/var/lib/docker/volumes/data/_data" }, true],
    ["its folder, with a slash", { source: "/var/lib/docker/volumes/data/_data/" }, true],
    ["a parent of it", { source: "/var/lib/docker" }, true],
    ["the root", { source: "/" }, true],
    ["something inside", { source: "/var/lib/docker/volumes/data/_data/logs" }, true],
    [
        "a neighbour whose name begins alike",
        { source: "/var/lib/docker/volumes/data/_data2" },
        false,
    ],
])("a writer by a mount of %s: %j", (_what, mount, writes) => {
    const mounts = [
        { type: "bind", source: "/elsewhere", path: "/data", writable: true, ...mount },
    ];
    const [facts] = parseContainers(JSON.stringify([inspected]));
    const container = { ...facts, mounts } as ContainerFacts;
    expect(writersAmong([container], volume)).toEqual(writes ? [container] : []);
});
