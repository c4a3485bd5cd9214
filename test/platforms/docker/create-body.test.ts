import { describe, expect, test } from "vitest";
import { createRequest, type Successor } from "../../../provider/platforms/docker/create-body.js";
import { parseInspection } from "../../../provider/platforms/docker/inspection.js";
import { inspected } from "./inspected.js";

const successor: Successor = {
    image: "shop:1",
    imageHasEntrypoint: false,
    volumes: {
        data: { volume: "data-2", copied: true },
        anonymous: { volume: "anonymous-2", copied: true },
        cache: { volume: "cache-2", copied: false },
    },
    binds: { "/srv/a": "/srv/b" },
    labels: { "cutover.prefix": "p" },
    keepHostname: false,
};

const request = (more: Record<string, object> = {}, other: Partial<Successor> = {}) =>
    createRequest(inspected(more), { ...successor, ...other });

test("a plain container is created with all that it is, and does not start by itself", () => {
    expect(request()).toEqual({
        body: {
            Env: ["PASSWORD=hunter2"],
            Cmd: ["serve"],
            Tty: false,
            Image: "shop:1",
            Labels: { tier: "web", "cutover.prefix": "p" },
            HostConfig: {
                Binds: [],
                Mounts: [],
                VolumesFrom: null,
                Links: [],
                NetworkMode: "default",
                RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
                AutoRemove: false,
                ContainerIDFile: "",
                Memory: 1_000_000,
                CapAdd: ["SYS_NICE"],
            },
            NetworkingConfig: { EndpointsConfig: {} },
        },
        connect: [],
    });
});

const host = (more: Record<string, object>, other: Partial<Successor> = {}) =>
    request(more, other).body.HostConfig as Record<string, unknown>;
const mount = (Type: string, Name: string | undefined, Destination: string, more = {}) => ({
    Type,
    ...(Name ? { Name } : {}),
    Source: `/var/lib/docker/${Name}`,
    Destination,
    RW: true,
    Propagation: "",
    ...more,
});

describe("mounts", () => {
    test("keep how they are written, with the new volume in place of the old one, never filled from the image", () => {
        const { Binds, Mounts } = host({
            HostConfig: {
                Binds: ["data:/data", "data:/same:ro,z", "cache:/cache", "kept:/kept:ro"],
                Mounts: [
                    {
                        Type: "volume",
                        Source: "data",
                        Target: "/sub",
                        ReadOnly: true,
                        VolumeOptions: { Subpath: "a", DriverConfig: { Name: "local" } },
                    },
                    { Type: "volume", Target: "/unnamed" },
                    { Type: "volume", Source: "kept", Target: "/kept-2" },
                    { Type: "tmpfs", Target: "/tmp", TmpfsOptions: { SizeBytes: 7 } },
                ],
            },
            Mounts: [mount("volume", "data", "/data"), mount("volume", "anonymous", "/unnamed")],
        });
        expect(Binds).toEqual([
            "data-2:/data:nocopy",
            "data-2:/same:ro,z,nocopy",
            "cache-2:/cache",
            "kept:/kept:ro",
        ]);
        expect(Mounts).toEqual([
            {
                Type: "volume",
                Source: "data-2",
                Target: "/sub",
                ReadOnly: true,
                VolumeOptions: { Subpath: "a", NoCopy: true },
            },
            {
                Type: "volume",
                Source: "anonymous-2",
                Target: "/unnamed",
                VolumeOptions: { NoCopy: true },
            },
            { Type: "volume", Source: "kept", Target: "/kept-2", VolumeOptions: {} },
            { Type: "tmpfs", Target: "/tmp", TmpfsOptions: { SizeBytes: 7 } },
        ]);
    });

    test("of folders go where the program says, with their propagation", () => {
        const { Binds, Mounts } = host({
            HostConfig: {
                Binds: ["/srv/a:/a:rslave", "/etc/hosts:/h:ro"],
                Mounts: [
                    {
                        Type: "bind",
                        Source: "/srv/a",
                        Target: "/again",
                        BindOptions: { Propagation: "shared" },
                    },
                ],
            },
        });
        expect(Binds).toEqual(["/srv/b:/a:rslave", "/etc/hosts:/h:ro"]);
        expect(Mounts).toEqual([
            {
                Type: "bind",
                Source: "/srv/b",
                Target: "/again",
                BindOptions: { Propagation: "shared" },
            },
        ]);
    });

    test("that no setting names, anonymous ones and those of --volumes-from, are written down", () => {
        const { Mounts, VolumesFrom } = host({
            HostConfig: { VolumesFrom: ["other"], Tmpfs: { "/scratch": "" } },
            Mounts: [
                mount("volume", "anonymous", "/anon"),
                mount("volume", "cache", "/cache", { RW: false }),
                mount("bind", undefined, "/a", { Source: "/srv/a", Propagation: "rslave" }),
            ],
        });
        expect(VolumesFrom).toBeNull();
        expect(Mounts).toEqual([
            {
                Type: "volume",
                Source: "anonymous-2",
                VolumeOptions: { NoCopy: true },
                Target: "/anon",
                ReadOnly: false,
            },
            {
                Type: "volume",
                Source: "cache-2",
                VolumeOptions: {},
                Target: "/cache",
                ReadOnly: true,
            },
            {
                Type: "bind",
                Source: "/srv/b",
                Target: "/a",
                ReadOnly: false,
                BindOptions: { Propagation: "rslave" },
            },
        ]);
    });
});

describe("networks", () => {
    const networks = {
        bridge: { NetworkID: "b1" },
        front: {
            NetworkID: "f1",
            Aliases: ["web", "5f2a9c0d1e3b"],
            IPAMConfig: { IPv4Address: "10.0.0.9" },
            IPAddress: "10.0.0.9",
        },
        back: { NetworkID: "k1", Aliases: null, Links: ["db:db"], DriverOpts: { a: "b" } },
    };

    test("keep aliases, static addresses, links and options; the old name goes on to resolve", () => {
        const { body, connect } = request({
            HostConfig: { NetworkMode: "f1" },
            Networks: networks,
        });
        expect(body.NetworkingConfig).toEqual({
            EndpointsConfig: {
                front: {
                    Aliases: ["web", "shop"],
                    IPAMConfig: { IPv4Address: "10.0.0.9" },
                },
            },
        });
        expect((body.HostConfig as { NetworkMode: string }).NetworkMode).toBe("front");
        expect(connect).toEqual([
            {
                network: "back",
                endpoint: { Aliases: ["shop"], Links: ["db:db"], DriverOpts: { a: "b" } },
            },
        ]);
    });

    test("of another container allow neither a host name nor ports", () => {
        const { body } = request({
            HostConfig: { NetworkMode: "container:5f" },
            Config: { Hostname: "till", ExposedPorts: { "80/tcp": {} } },
        });
        expect(body).not.toHaveProperty("Hostname");
        expect(body).not.toHaveProperty("ExposedPorts");
    });

    test("links are written as the engine takes them", () => {
        const { Links } = host({ HostConfig: { Links: ["/db:/shop/store", "/db:/shop/db"] } });
        expect(Links).toEqual(["db:store", "db:db"]);
    });
});

test("a host name goes along where a person gave it, or where a process has it in memory", () => {
    expect(request({ Config: { Hostname: "till" } }).body.Hostname).toBe("till");
    expect(request().body).not.toHaveProperty("Hostname");
    expect(request({}, { keepHostname: true }).body.Hostname).toBe("5f2a9c0d1e3b");
});

test("an entrypoint that was taken away does not come back from the image", () => {
    expect(request({}, { imageHasEntrypoint: true }).body.Entrypoint).toEqual([""]);
    expect(request({ Config: { Entrypoint: ["/run"] } }).body.Entrypoint).toEqual(["/run"]);
});

test("what cannot be read is said by its place, without a value", () => {
    expect(() => parseInspection('[{"Id":1,"Config":{"Env":["PASSWORD=hunter2"]}}]')).toThrow(
        /^what Docker says of a container cannot be read at Id\nnext: /,
    );
    expect(() => parseInspection("hunter2")).toThrow(/cannot be read at its beginning\n/);
});
