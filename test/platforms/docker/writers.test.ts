import { describe, expect, test } from "vitest";
import {
    isAlive,
    parseContainers,
    parseVolumes,
    volumesOverlap,
    writersAmong,
} from "../../../provider/platforms/docker/facts.js";
import {
    awkwardLeaves,
    awkwardNames,
    randomJson,
    randomNumbers,
} from "../../handlers/random-json.js";

/** As 20.10 prints it, less what nobody reads. */
const inspected = {
    Id: "bcc6eaf2",
    Name: "/shop-blue-web",
    Image: "sha256:3525",
    RestartCount: 2,
    Config: { Image: "shop:1", Labels: { a: "1" }, Env: ["PASSWORD=hunter2"] },
    State: {
        Status: "running",
        Running: true,
        StartedAt: "2026-11-21T10:59:03.73Z",
        FinishedAt: "0001-01-01T00:00:00Z",
        ExitCode: 0,
    },
    HostConfig: {
        RestartPolicy: { Name: "on-failure", MaximumRetryCount: 5 },
        AutoRemove: false,
        PortBindings: { "8080/tcp": [{ HostIp: "", HostPort: "80" }], "9/udp": null },
    },
    Mounts: [
        {
            Type: "volume",
            Name: "data",
            Source: "/var/lib/docker/volumes/data/_data",
            Destination: "/v",
            Driver: "local",
            Mode: "z",
            RW: true,
            Propagation: "",
        },
        {
            Type: "bind",
            Source: "/srv",
            Destination: "/srv",
            Mode: "",
            RW: false,
            Propagation: "rprivate",
        },
    ],
    NetworkSettings: { Networks: { bridge: { IPAddress: "172.17.0.3", IPAMConfig: null } } },
};

function container(changes: object = {}) {
    const [facts] = parseContainers(JSON.stringify([{ ...inspected, ...changes }]));
    if (!facts) throw new Error("nothing was parsed");
    return facts;
}

function volume(changes: object = {}) {
    const raw = {
        Name: "data",
        CreatedAt: "2026-11-21T10:10:52Z",
        Mountpoint: "/var/lib/docker/volumes/data/_data",
        Labels: null,
        Options: null,
        Scope: "local",
    };
    const [facts] = parseVolumes(JSON.stringify([{ ...raw, ...changes }]));
    if (!facts) throw new Error("nothing was parsed");
    return facts;
}

describe("a container", () => {
    test("is what inspect says, without its environment", () => {
        expect(container()).toEqual({
            id: "bcc6eaf2",
            name: "shop-blue-web",
            image: "shop:1",
            imageId: "sha256:3525",
            labels: { a: "1" },
            status: "running",
            startedAt: "2026-11-21T10:59:03.73Z",
            finishedAt: "0001-01-01T00:00:00Z",
            exitCode: 0,
            restartPolicy: "on-failure:5",
            restartCount: 2,
            removedAtEnd: false,
            mounts: [
                {
                    type: "volume",
                    volume: "data",
                    source: "/var/lib/docker/volumes/data/_data",
                    path: "/v",
                    writable: true,
                },
                { type: "bind", source: "/srv", path: "/srv", writable: false },
            ],
            networks: { bridge: { address: "172.17.0.3" } },
            publishes: [{ address: "0.0.0.0", port: 80, to: 8080 }],
        });
        expect(JSON.stringify(container())).not.toContain("hunter2");
    });

    test("may have no policy, no labels, no ports and no network", () => {
        const bare = container({
            Config: { Image: "i", Labels: null },
            HostConfig: { RestartPolicy: { Name: "" }, PortBindings: null },
            NetworkSettings: { Networks: null },
        });
        expect(bare).toMatchObject({
            restartPolicy: "no",
            labels: {},
            publishes: [],
            networks: {},
            removedAtEnd: false,
        });
    });

    test.each([
        ["running", true],
        ["paused", true],
        ["restarting", true],
        ["created", false],
        ["exited", false],
        ["dead", false],
        ["removing", false],
    ])("that is %s has processes: %s", (Status, alive) => {
        expect(isAlive(container({ State: { ...inspected.State, Status } }))).toBe(alive);
    });
});

describe("who could write to a volume", () => {
    const mounts = (...list: object[]) => [container({ Mounts: list })];
    const bind = (Source: string, RW = true) => ({ Type: "bind", Source, Destination: "/x", RW });
    const found = (containers: ReturnType<typeof mounts>, of = volume()) =>
        writersAmong(containers, of).length === 1;

    test("one that mounts it, unless read-only", () => {
        const mount = { Type: "volume", Name: "data", Source: "/anywhere", Destination: "/x" };
        expect(found(mounts({ ...mount, RW: true }))).toBe(true);
        expect(found(mounts({ ...mount, RW: false }))).toBe(false);
        expect(found(mounts({ ...mount, Name: "database", RW: true }))).toBe(false);
    });

    test.each([
        ["/var/lib/docker/volumes/data/_data", true],
        ["/var/lib/docker/volumes/data/_data/", true],
        ["/var/lib/docker/volumes/data/_data/inside", true],
        ["/var/lib/docker", true],
        ["/", true],
        ["/var/lib/docker/volumes/data2", false],
        ["/var/lib/docker/volumes/data/_data2", false],
        ["/srv", false],
    ])("one that bind-mounts %s: %s", (source, writes) => {
        expect(found(mounts(bind(source)))).toBe(writes);
        expect(found(mounts(bind(source, false)))).toBe(false);
    });

    test("one that bind-mounts the folder that a volume really is", () => {
        const bound = volume({ Options: { type: "none", o: "rw,bind", device: "/srv/shop" } });
        expect(found(mounts(bind("/srv/shop/uploads")), bound)).toBe(true);
        expect(
            found(
                mounts(bind("/srv/shop/uploads")),
                volume({ Options: { type: "nfs", o: "addr=10.0.0.1", device: "/srv/shop" } }),
            ),
        ).toBe(false);
    });

    test("two volumes may be one folder", () => {
        const at = (Name: string, device: string) =>
            volume({ Name, Mountpoint: `/v/${Name}/_data`, Options: { o: "bind", device } });
        expect(volumesOverlap(at("a", "/srv"), at("b", "/srv/"))).toBe(true);
        expect(volumesOverlap(at("a", "/srv"), at("b", "/srv/deep"))).toBe(true);
        expect(volumesOverlap(at("a", "/srv/a"), at("b", "/srv/b"))).toBe(false);
        expect(volumesOverlap(volume(), volume())).toBe(true);
    });
});

describe("an answer that is none", () => {
    test("is told without what it holds", () => {
        expect(() => parseContainers("password hunter2")).toThrow(
            "what Docker says of its containers cannot be read: it is not JSON\n" +
                "next: check which docker is on PATH and which engine it talks to: docker version",
        );
        expect(() => parseContainers(JSON.stringify([{ ...inspected, Id: 7 }]))).toThrow(
            "what Docker says of its containers cannot be read at 0.Id\n",
        );
        expect(() => parseVolumes("{}")).toThrow(
            "what Docker says of its volumes cannot be read\n",
        );
    });

    test("of any kind gives that error and no other", () => {
        const numbers = randomNumbers(7);
        for (let run = 0; run < 500; run++) {
            const text =
                JSON.stringify([
                    randomJson(numbers, awkwardLeaves, [
                        ...awkwardNames,
                        ...Object.keys(inspected),
                    ]),
                ]) ?? "";
            for (const parse of [parseContainers, parseVolumes]) {
                try {
                    parse(text);
                } catch (error) {
                    expect(String(error)).toMatch(
                        /^CutoverError: what Docker says of its (containers|volumes) cannot be read/,
                    );
                }
            }
        }
    });
});
