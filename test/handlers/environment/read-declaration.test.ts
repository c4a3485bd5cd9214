import { describe, expect, test } from "vitest";
import { isKnown } from "../../../provider/handlers/environment/declaration.js";
import { readDeclaration } from "../../../provider/handlers/environment/read-declaration.js";
import { changed, lines } from "../changed.js";
import { read, said, shop, unknown } from "./shop.js";

describe("what a program may say", () => {
    test("fills in every default", () => {
        expect(read()).toStrictEqual({
            platform: "docker",
            host: "ssh://deploy@shop-1",
            slots: {
                blue: {
                    containers: {
                        web: { image: "shop:1.4", digest: "3f1c" },
                        cache: { image: "redis:7", digest: "3f1c" },
                    },
                    background: [],
                },
                green: {
                    containers: {
                        web: { image: "shop:2.0", digest: "3f1c" },
                        cache: { image: "redis:7", digest: "3f1c" },
                    },
                    background: [],
                },
            },
            volumes: {
                data: {
                    mounts: { web: { path: "/var/lib/shop", readOnly: false } },
                    mode: "handover",
                    onDestroy: "keep",
                },
            },
            traffic: {
                listen: { address: "0.0.0.0", port: 8080 },
                to: { container: "web", port: 3000 },
                weights: { blue: 100, green: 0 },
            },
            health: { path: "/", healthyAfter: 3, timeout: "60 seconds" },
            handover: {
                maxHold: "30 seconds",
                drain: { timeout: "5 seconds", then: "abort" },
                onRollback: "block",
                passes: { max: 5, settle: "16 MiB" },
            },
            networks: [],
        });
    });

    test("takes everything that is written", () => {
        const written = {
            "slots.blue.background": ["cache"],
            "volumes.data.mounts.web": { path: "/data", readOnly: true },
            "volumes.data.mode": "clone",
            "volumes.data.seed": { docker: { volume: "shop-data", host: "ssh://deploy@shop-1" } },
            "volumes.data.onDestroy": "delete",
            "volumes.data.acknowledge": "canary writes are discarded",
            "volumes.data.safeMethodsOnly": true,
            "traffic.listen": "127.0.0.1:80",
            "traffic.networks": ["proxy"],
            "traffic.weights": { blue: 90, green: 10 },
            health: { path: "/healthz", healthyAfter: 5, timeout: "2 minutes" },
            handover: {
                maxHold: "20 seconds",
                drain: { timeout: "0 seconds", then: "rollback" },
                onRollback: { discard: "0f3a-77c1-9d" },
                passes: { max: 2, settle: "1 MiB" },
            },
            adopt: { container: "shop_1", maxGap: "20 seconds" },
            runnerImage: "registry.example.com/cutover-runner@sha256:00",
            routerImage: "haproxy:3.0",
        };
        const { declaration } = readDeclaration(changed(shop, written));
        expect(declaration).toMatchObject({
            slots: { blue: { background: ["cache"] } },
            volumes: {
                data: {
                    mounts: { web: { path: "/data", readOnly: true } },
                    mode: "clone",
                    seed: { docker: { volume: "shop-data", host: "ssh://deploy@shop-1" } },
                    onDestroy: "delete",
                    acknowledge: "canary writes are discarded",
                    safeMethodsOnly: true,
                },
            },
            traffic: {
                listen: { address: "127.0.0.1", port: 80 },
                weights: { blue: 90, green: 10 },
            },
            networks: ["proxy"],
            health: written.health,
            handover: written.handover,
            adopt: written.adopt,
            runnerImage: written.runnerImage,
            routerImage: written.routerImage,
        });
    });

    test("holds nothing undefined, which Pulumi's provider cannot pass on", () => {
        const declaration = read({ docker: undefined, volumes: undefined });
        expect(JSON.parse(JSON.stringify(declaration))).toStrictEqual(declaration);
        expect(declaration.host).toBeUndefined();
        expect(declaration.volumes).toStrictEqual({});
    });

    test("takes null for what is not written", () => {
        expect(read({ health: null, "volumes.data.seed": null })).toStrictEqual(read());
    });

    test.each([
        [8080, { address: "0.0.0.0", port: 8080 }],
        ["127.0.0.1:8080", { address: "127.0.0.1", port: 8080 }],
        ["[::1]:8080", { address: "::1", port: 8080 }],
        ["0.0.0.0:1", { address: "0.0.0.0", port: 1 }],
        [65535, { address: "0.0.0.0", port: 65535 }],
    ])("listens on %j", (written, listen) => {
        expect(read({ "traffic.listen": written }).traffic.listen).toStrictEqual(listen);
    });

    test.each([
        [{ "slots.green": undefined, "traffic.weights": { blue: 100, green: 0 } }],
        [{ "slots.green": undefined, "traffic.weights": { blue: 100, green: 0 } }],
        [{ "traffic.listen": undefined, "traffic.networks": ["proxy"] }],
        [{ "traffic.listen": undefined, "traffic.networks": unknown }],
        [{ volumes: {}, "traffic.weights": { blue: 90, green: 10 } }],
        [{ "volumes.data.mode": "shared", "traffic.weights": { blue: 50, green: 50 } }],
        [{ "volumes.data.mode": "clone" }],
        [{ "volumes.data.mode": "clone", "volumes.data.safeMethodsOnly": true }],
        [{ "docker.host": "unix:///run/user/1000/docker.sock" }],
        [{ "docker.host": "tcp://[fd00::1]:2376" }],
        [{ "volumes.logs": { mounts: { web: "/var/lib/shop/logs" } } }],
        [{ "volumes.data.mounts": { web: "/data", cache: "/data" } }],
    ])("accepts %j", (changes) => {
        expect(said(changes)).toEqual([]);
    });
});

describe("what preview does not know yet", () => {
    const changes = {
        "docker.host": unknown,
        "slots.blue.containers.web": { image: unknown, digest: unknown, owned: [] },
        "slots.blue.background": unknown,
        "slots.green.background": [unknown],
        "volumes.data.mounts": { web: unknown, cache: { path: unknown, readOnly: unknown } },
        "volumes.data.seed": { docker: { volume: unknown, host: unknown } },
        "volumes.data.onDestroy": unknown,
        "traffic.listen": unknown,
        "traffic.networks": unknown,
        "traffic.to": { container: unknown, port: unknown },
        health: { path: unknown, healthyAfter: unknown, timeout: unknown },
        "handover.maxHold": unknown,
        "handover.drain": { timeout: unknown, then: unknown },
        "handover.onRollback": unknown,
        "handover.passes": { max: unknown, settle: unknown },
        adopt: { container: unknown, maxGap: unknown },
        runnerImage: unknown,
        routerImage: unknown,
    };

    test("is accepted for every leaf that takes an output", () => {
        const declaration = read(changes);
        expect(isKnown(declaration)).toBe(false);
        expect(declaration).toMatchObject({
            host: unknown,
            slots: { blue: { background: [unknown] }, green: { background: [unknown] } },
            volumes: {
                data: {
                    mounts: {
                        web: { path: unknown, readOnly: false },
                        cache: { path: unknown, readOnly: unknown },
                    },
                    seed: { docker: { volume: unknown, host: unknown } },
                    onDestroy: unknown,
                },
            },
            traffic: { listen: unknown, to: { container: unknown, port: unknown } },
            networks: [unknown],
            health: changes.health,
            handover: {
                maxHold: unknown,
                drain: { timeout: unknown, then: unknown },
                onRollback: unknown,
                passes: { max: unknown, settle: unknown },
            },
            adopt: { container: unknown, maxGap: unknown },
        });
    });

    test("knows when everything is known", () => {
        expect(isKnown(read())).toBe(true);
    });

    test.each([
        [{ platform: unknown }, 'platform: is not known in preview; write platform: "docker"'],
        [
            { "traffic.weights.blue": unknown },
            "traffic.weights.blue: is not known in preview; write an integer from 0 to 100",
        ],
        [
            { "traffic.weights": unknown },
            "traffic.weights: is not known in preview; write the weight of each slot, such as { blue: 100, green: 0 }",
        ],
        [
            { "volumes.data.mode": unknown },
            'volumes.data.mode: is not known in preview; write "handover", "clone" or "shared"',
        ],
        [
            { slots: unknown },
            'slots: is not known in preview; write one or two slots, such as { blue: { containers: { web: { image: "shop:1.4" } } } }',
        ],
    ])("is refused for what preview needs: %j", (change, line) => {
        expect(said(change)).toEqual([line]);
    });

    test("takes an unknown consent for one, until up knows better", () => {
        const clone = { "volumes.data.mode": "clone", "traffic.weights": { blue: 90, green: 10 } };
        expect(said({ ...clone, "volumes.data.acknowledge": unknown })).toEqual([]);
        expect(said({ ...clone, "volumes.data.safeMethodsOnly": unknown })).toEqual([]);
    });
});

describe("everything at once", () => {
    test("names what is wrong in every part, once", () => {
        expect(
            said({
                platform: "kubernetes",
                "slots.blue.containers.web": { digest: "3f1c", owned: ["ports"] },
                "volumes.data.mounts.web": "data",
                "traffic.weights": { blue: 90, green: 0 },
                "health.timeout": "60",
                "handover.drain.timeout": "40 seconds",
            }),
        ).toEqual([
            'platform: "kubernetes" is not built yet; write platform: "docker"',
            'slots.blue.containers.web.image: is missing; write the name of an image, such as "shop:1.4"',
            'volumes.data.mounts.web: is not an absolute path; write an absolute path in its shortest form, such as "/var/lib/shop"',
            'health.timeout: must be a length of time with its unit; write a duration such as "60 seconds"',
            "slots.blue.containers.web.ports: belongs to the environment; leave it out, and write traffic.listen and traffic.to",
            "traffic.weights: add up to 90; write integers from 0 to 100 that add up to 100",
            "handover.drain.timeout: is not shorter than handover.maxHold, which is 30 seconds by default; write a shorter time, or a longer handover.maxHold",
        ]);
    });

    test("of nothing says what is needed", () => {
        const needed = [
            'platform: is missing; write platform: "docker"',
            'slots: is missing; write one or two slots, such as { blue: { containers: { web: { image: "shop:1.4" } } } }',
            'traffic: is missing; write the traffic, such as { listen: 8080, to: { container: "web", port: 3000 }, weights: { blue: 100, green: 0 } }',
        ];
        for (const nothing of [undefined, null, {}]) {
            expect(lines(readDeclaration(nothing).problems)).toEqual(needed);
        }
        expect(lines(readDeclaration("docker").problems)).toEqual([
            "must be an object; write the environment's arguments",
        ]);
        expect(said({ traffic: {} })).toEqual([
            'traffic.to: is missing; write the container and its port, such as { container: "web", port: 3000 }',
            "traffic.weights: is missing; write the weight of each slot, such as { blue: 100, green: 0 }",
            "traffic.listen: is missing; write a port, such as 8080, or write traffic.networks with the network of your own proxy",
        ]);
    });
});
