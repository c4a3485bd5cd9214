import { describe, expect, test } from "vitest";
import { formatProblem } from "../../../provider/engine/errors.js";
import type { PreviewedContainerMigration } from "../../../provider/handlers/container-migration/declaration.js";
import { moveWarnings } from "../../../provider/handlers/container-migration/figures.js";
import type { Seen } from "../../../provider/handlers/container-migration/look.js";
import { problemsOnEngine } from "../../../provider/handlers/container-migration/problems.js";
import { readContainerMigration } from "../../../provider/handlers/container-migration/read-declaration.js";
import { volumeParts } from "../../../provider/handlers/container-migration/volumes.js";
import type { ContainerFacts } from "../../../provider/platforms/docker/facts.js";
import { inspected } from "../../platforms/docker/inspected.js";

const volume = (Name: string, Destination: string, more = {}) => ({
    Type: "volume",
    Name,
    Driver: "local",
    Source: `/v/${Name}`,
    Destination,
    RW: true,
    ...more,
});
const bind = (Source: string, Destination: string, RW = true) => ({
    Type: "bind",
    Source,
    Destination,
    RW,
});

function other(name: string, more: Partial<ContainerFacts> = {}): ContainerFacts {
    const facts = { id: name, name, labels: {}, status: "running", mounts: [], publishes: [] };
    return { ...facts, ...more } as unknown as ContainerFacts;
}

function seen(more: Record<string, object> = {}, rest: Partial<Seen> = {}): Seen {
    const source = inspected(more);
    const volumes = source.mounts.flatMap(({ volume: name }) => name ?? []);
    const facts = (name: string) => ({ name, labels: {}, createdAt: "", mountpoint: `/v/${name}` });
    return {
        source,
        removedAtEnd: false,
        running: [],
        networks: { bridge: { name: "bridge", driver: "bridge", addresses: {} } },
        volumes: Object.fromEntries(volumes.map((name) => [name, facts(name)])),
        changed: [],
        image: { id: "sha256:1a", hasEntrypoint: false, layers: [], digests: [], bytes: 1 },
        engine: { experimental: true, rootFolder: "/var/lib/docker", security: [] },
        ...rest,
    };
}

function declared(more: object = {}): PreviewedContainerMigration {
    const shop = { container: { docker: { name: "shop" } }, to: { name: "shop-2" } };
    const { declaration, problems } = readContainerMigration({ ...shop, ...more });
    if (!declaration) throw new Error(problems.map(formatProblem).join("\n"));
    return declaration;
}

const problems = (look: Seen, more: object = {}) =>
    problemsOnEngine({ declaration: declared(more), seen: look, prefix: "p" }).map(formatProblem);

const ports = { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "8080" }] } };

describe("what keeps a container from moving", () => {
    test("nothing, as a rule", () => {
        const mounts = [volume("data", "/data"), bind("/etc/hosts", "/h", false)];
        expect(problems(seen({ Mounts: mounts, HostConfig: ports }))).toEqual([]);
    });

    test("everything at once, each by its property", () => {
        const look = seen(
            {
                State: { Status: "exited" },
                HostConfig: ports,
                Mounts: [
                    volume("data", "/data"),
                    bind("/srv/a", "/a"),
                    { ...bind("x", "/c"), Type: "cluster" },
                ],
                Networks: {
                    bridge: {},
                    gone: {},
                    net: { IPAMConfig: { IPv4Address: "10.0.0.9" } },
                },
            },
            {
                taken: other("shop-2"),
                running: [
                    other("web", { publishes: [{ address: "0.0.0.0", port: 8080, to: 80 }] }),
                    other("batch", {
                        mounts: [
                            {
                                type: "volume",
                                volume: "data",
                                source: "/v/data",
                                path: "/d",
                                writable: true,
                            },
                        ],
                    }),
                ],
                networks: {
                    bridge: { name: "bridge", driver: "bridge", addresses: {} },
                    net: { name: "net", driver: "bridge", addresses: { "10.0.0.9": "bank" } },
                },
            },
        );
        expect(problems(look, { volumes: ["data", "dat"], binds: { "/srv/b": "/srv/b" } })).toEqual(
            [
                "container.docker.name: shop is exited, not running; start it, or name one that runs",
                "to.name: there is a container shop-2 already; write another name, or remove that container",
                "volumes[1]: shop mounts no volume dat; did you mean data?",
                "volumes: volume data is written by batch too; stop what else writes to it, or leave the volume out of volumes",
                'binds: says nothing of /srv/a, which shop writes to at /a; write {"/srv/a":"/srv/a"} to mount the same folder, or another one; its content is not copied',
                'binds["/srv/b"]: shop mounts no folder /srv/b; write /srv/a',
                "container.docker.name: shop has a mount of type cluster at /c, which cannot be carried; name another container",
                "to: there is no network gone, which shop is in; create it: docker network create gone",
                "to: address 10.0.0.9 of network net is in use by bank; stop bank",
                "to: port 8080 is in use by web; stop web",
            ],
        );
    });

    test("an image that is gone", () => {
        const { image: _image, ...gone } = seen();
        expect(problems(gone)).toEqual([
            "container.docker.name: the image of shop, shop:1, is not on the engine any more; pull or build it there again",
        ]);
    });

    test("--rm, and that it has moved already", () => {
        expect(problems(seen({}, { removedAtEnd: true }))).toEqual([
            "container.docker.name: shop is removed when it stops (--rm), so a failure could not start it again; start it without --rm",
        ]);
        const labels = { "cutover.prefix": "p", "cutover.role": "moved" };
        const moved = seen({ State: { Status: "exited" } }, { taken: other("shop-2", { labels }) });
        expect(problems(moved)).toEqual([
            "container.docker.name: shop is exited, not running and has moved to shop-2; start it, or name one that runs",
        ]);
    });

    test("what CRIU does not carry", () => {
        const look = seen(
            {
                Config: { Tty: true },
                HostConfig: {
                    NetworkMode: "host",
                    DeviceRequests: [{}],
                    Devices: [{}],
                    PidMode: "host",
                },
            },
            { engine: { experimental: false, rootFolder: "", security: [] } },
        );
        expect(problems(look, { memory: "checkpoint" })).toEqual([
            'memory: shop has a terminal (-t), which CRIU does not carry; write memory: "none"',
            'memory: shop has devices, such as a GPU, which CRIU does not carry; write memory: "none"',
            'memory: shop has the network of the host or of another container, which CRIU does not carry; write memory: "none"',
            'memory: shop shares the processes of the host or of another container, which CRIU does not carry; write memory: "none"',
            'memory: the engine does not have "experimental" set; set "experimental": true in its daemon.json and restart it, or write memory: "none"',
        ]);
        expect(problems(look)).toEqual([]);
    });
});

test("what stays behind is warned of", () => {
    const look = seen(
        {
            Mounts: [
                volume("data", "/data"),
                volume("cache", "/cache"),
                volume("read", "/read", { RW: false }),
                volume("far", "/far", { Driver: "nfs" }),
            ],
            HostConfig: {
                PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "" }] },
                Links: ["/db:/shop/db"],
            },
        },
        { changed: ["/a", "/b", "/c", "/d", "/e", "/f"] },
    );
    const declaration = declared({ volumes: ["data", "far"] });
    const parts = volumeParts("p", declaration.only, look.source);
    expect(parts).toEqual({
        moved: { data: "p-data", far: "p-far" },
        fresh: { cache: "p-cache" },
    });
    expect(moveWarnings(declaration, look, parts)).toEqual([
        '6 paths that shop changed outside of its mounts stay behind (layer: "commit" takes them along): /a, /b, /c, /d, /e and 1 more',
        "volume cache stays behind: shop-2 begins with a new one, p-cache",
        "volume far is not kept by the engine itself: its copy is a plain local volume",
        "port 80/tcp gets another port of the host than it has now",
        "shop has links to other containers: they have to run when shop-2 starts",
    ]);
    const other = declared({ layer: "commit", memory: "checkpoint" });
    expect(moveWarnings(other, { ...look, changed: ["/a"] }, { moved: {}, fresh: {} })).toEqual([
        "port 80/tcp gets another port of the host than it has now",
        "shop has links to other containers: they have to run when shop-2 starts",
        "the image that keeps the layer holds the settings of shop too, its environment among them",
        "open TCP connections are not carried: with one open, the memory cannot be written and nothing moves",
    ]);
});

test("an anonymous volume gets a name that can be read", () => {
    const name = "0123456789ab".padEnd(64, "c");
    expect(
        volumeParts("p", undefined, { mounts: inspected({ Mounts: [volume(name, "/x")] }).mounts }),
    ).toEqual({
        moved: { [name]: "p-0123456789ab" },
        fresh: {},
    });
});
