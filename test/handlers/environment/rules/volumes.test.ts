import { describe, expect, test } from "vitest";
import { said, unknown } from "../shop.js";

const split = { "traffic.weights": { blue: 90, green: 10 } };

describe("a split that the volumes forbid", () => {
    test("one volume with one writer", () => {
        expect(said(split)).toEqual([
            'traffic.weights: split the traffic 90/10, and volumes.data has the mode "handover", where one slot writes; write 100 and 0, or give this volume the mode "clone" (the canary works on a copy that is thrown away) or "shared" (both slots write to one volume)',
        ]);
    });

    test("several volumes, of which one would allow it", () => {
        const more = {
            "volumes.logs": { mounts: { web: "/logs" } },
            "volumes.media": { mounts: { web: "/media" }, mode: "shared" },
        };
        expect(said({ ...split, ...more })).toEqual([
            'traffic.weights: split the traffic 90/10, and volumes.data and volumes.logs have the mode "handover", where one slot writes; write 100 and 0, or give these volumes the mode "clone" (the canary works on a copy that is thrown away) or "shared" (both slots write to one volume)',
        ]);
    });

    test("a clone without a word about what canary users write", () => {
        expect(said({ ...split, "volumes.data.mode": "clone" })).toEqual([
            'volumes.data: has the mode "clone", and weights split 90/10 lose what canary users write; write acknowledge: "canary writes are discarded", or safeMethodsOnly: true',
        ]);
        expect(
            said({ ...split, "volumes.data.mode": "clone", "volumes.data.safeMethodsOnly": false }),
        ).toEqual([
            'volumes.data: has the mode "clone", and weights split 90/10 lose what canary users write; write acknowledge: "canary writes are discarded", or safeMethodsOnly: true',
        ]);
    });

    test("a clone with one", () => {
        const clone = { ...split, "volumes.data.mode": "clone" };
        const acknowledge = "canary writes are discarded";
        expect(said({ ...clone, "volumes.data.acknowledge": acknowledge })).toEqual([]);
        expect(said({ ...clone, "volumes.data.safeMethodsOnly": true })).toEqual([]);
    });

    test("what is said of a clone where there is none", () => {
        expect(
            said({
                "volumes.data.acknowledge": "canary writes are discarded",
                "volumes.data.safeMethodsOnly": true,
            }),
        ).toEqual([
            'volumes.data.acknowledge: says something of mode "clone", and the mode is "handover"; leave it out, or write mode: "clone"',
            'volumes.data.safeMethodsOnly: says something of mode "clone", and the mode is "handover"; leave it out, or write mode: "clone"',
        ]);
    });
});

describe("mounts", () => {
    test("none", () => {
        expect(said({ "volumes.data.mounts": {} })).toEqual([
            'volumes.data.mounts: holds no mount; write the container and the path, such as { web: "/var/lib/shop" }',
        ]);
    });

    test("missing", () => {
        expect(said({ "volumes.data": {} })).toEqual([
            'volumes.data.mounts: is missing; write the container and the path, such as { web: "/var/lib/shop" }',
        ]);
    });

    test("a container that no slot has", () => {
        expect(said({ "volumes.data.mounts": { wbe: "/data" } })).toEqual([
            "volumes.data.mounts.wbe: names no container of slot blue; write web or cache, or add it to slot blue",
            "volumes.data.mounts.wbe: names no container of slot green; write web or cache, or add it to slot green",
        ]);
    });

    test("a container that one slot has", () => {
        expect(
            said({
                "slots.green.containers.cache": undefined,
                "volumes.data.mounts": { cache: "/data" },
            }),
        ).toEqual([
            "volumes.data.mounts.cache: names no container of slot green; write web, or add it to slot green",
        ]);
    });

    test("two at one path of one container", () => {
        expect(
            said({
                "volumes.logs": { mounts: { cache: "/var/lib/shop", web: "/var/lib/shop" } },
            }),
        ).toEqual([
            "volumes.logs.mounts.web: is the same path of the same container as volumes.data.mounts.web; write another path",
        ]);
    });

    test("two at paths that are not known yet", () => {
        const logs = { mounts: { web: unknown } };
        expect(said({ "volumes.data.mounts.web": unknown, "volumes.logs": logs })).toEqual([]);
    });
});

test("a name that Docker names cannot hold", () => {
    expect(said({ volumes: { "my.data": { mounts: { web: "/data" } } } })).toEqual([
        'volumes["my.data"]: is not a name; write 1 to 31 lower-case letters, digits and hyphens, the first one no hyphen',
    ]);
});

describe("a seed on another engine", () => {
    const line =
        "volumes.data.seed.docker.host: is another engine than docker.host, and a seed is on the environment's engine; leave it out, or write the same in docker.host";

    test("than the environment's", () => {
        const seed = { docker: { volume: "shop-data", host: "ssh://deploy@shop-2" } };
        expect(said({ "volumes.data.seed": seed })).toEqual([line]);
        expect(said({ "volumes.data.seed": seed, docker: undefined })).toEqual([line]);
    });

    test("which is not known yet", () => {
        const seed = { docker: { volume: "shop-data", host: unknown } };
        expect(said({ "volumes.data.seed": seed })).toEqual([]);
    });
});
