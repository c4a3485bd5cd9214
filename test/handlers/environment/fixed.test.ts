import { expect, test } from "vitest";
import { fixedProblems } from "../../../provider/handlers/environment/fixed.js";
import { lines } from "../changed.js";
import { read, unknown } from "./shop.js";

const olds = read();

function saidAfter(changes: Record<string, unknown>): string[] {
    return lines(fixedProblems(olds, read(changes)));
}

const instead =
    "declare a new environment with it, seeded from this one (volumes.data.seed: { docker: { volume: <this environment>.volumes.data.current } })";

test.each([
    ["docker.host", { docker: { host: "ssh://deploy@shop-2" } }],
    ["docker.host", { docker: undefined }],
    ["traffic.listen", { "traffic.listen": 8081 }],
    ["traffic.listen", { "traffic.listen": "127.0.0.1:8080" }],
    ["traffic.listen", { "traffic.listen": undefined, "traffic.networks": ["proxy"] }],
    ["traffic.to.container", { "traffic.to.container": "cache" }],
    ["traffic.to.port", { "traffic.to.port": 3001 }],
    ["volumes.data.mounts.web", { "volumes.data.mounts.web": "/data" }],
    ["volumes.data.mode", { "volumes.data.mode": "shared" }],
    [
        "volumes.data.mounts.web",
        { "volumes.data.mounts.web": { path: "/var/lib/shop", readOnly: true } },
    ],
])("%s is fixed: %j", (path, changes) => {
    expect(saidAfter(changes)).toEqual([`${path}: cannot be changed after creation; ${instead}`]);
});

test("volumes and mounts are neither added nor removed", () => {
    expect(saidAfter({ volumes: { logs: { mounts: { web: "/var/lib/shop" } } } })).toEqual([
        `volumes.data: cannot be removed after creation; ${instead}`,
        `volumes.logs: cannot be added after creation; ${instead}`,
    ]);
    expect(saidAfter({ "volumes.data.mounts": { cache: "/data" } })).toEqual([
        `volumes.data.mounts.web: cannot be removed after creation; ${instead}`,
        `volumes.data.mounts.cache: cannot be added after creation; ${instead}`,
    ]);
});

test("without volumes there is nothing to seed from", () => {
    const stateless = read({ volumes: {} });
    const news = read({ volumes: {}, "traffic.listen": 8081 });
    expect(lines(fixedProblems(stateless, news))).toEqual([
        "traffic.listen: cannot be changed after creation; declare a new environment with it, and remove this one later",
    ]);
});

test("everything else may change", () => {
    expect(
        saidAfter({
            "slots.green": undefined,
            "slots.blue.containers.web.image": "shop:3.0",
            "traffic.weights": { blue: 100, green: 0 },
            "traffic.networks": ["proxy"],
            "volumes.data.mode": "clone",
            "volumes.data.onDestroy": "delete",
            "volumes.data.mounts.web": { path: "/var/lib/shop", readOnly: false },
            health: { path: "/healthz" },
            handover: { maxHold: "1 minute" },
        }),
    ).toEqual([]);
});

test("what preview does not know yet counts as unchanged", () => {
    expect(
        saidAfter({
            "docker.host": unknown,
            "traffic.listen": unknown,
            "traffic.to": { container: unknown, port: unknown },
            "volumes.data.mounts.web": unknown,
        }),
    ).toEqual([]);
});
