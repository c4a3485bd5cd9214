import { z } from "zod";
import { CutoverError } from "../../engine/errors.js";

/**
 * A container, with all that `docker inspect` has of it, its environment too: it is never printed, kept or compared,
 * only handed from one engine to another.
 */
export interface Inspection {
    id: string;
    name: string;
    /** The image's content, which a tag only names. */
    imageId: string;
    config: Settings & { Image: string };
    host: Settings & { NetworkMode: string };
    mounts: readonly InspectedMount[];
    networks: Readonly<Record<string, InspectedNetwork>>;
    state: { status: string; exitCode: number; health?: string; restarts: number };
}

/** Settings as the engine's API has them, taken as they are. */
export type Settings = Readonly<Record<string, unknown>>;

export interface InspectedMount {
    /** `"volume"`, `"bind"`, `"tmpfs"`, `"image"`, … */
    type: string;
    /** Of a volume. */
    volume?: string;
    driver?: string;
    /** Path on the host. */
    source: string;
    path: string;
    writable: boolean;
    propagation: string;
}

export interface InspectedNetwork {
    id: string;
    aliases: readonly string[];
    links: readonly string[];
    /** What the program that made it asked for; absent where the engine chose. */
    staticAddresses?: { v4?: string; v6?: string };
    ipam?: Settings;
    driverOptions?: Settings;
}

const texts = z.array(z.string()).nullish();

const networkSchema = z.looseObject({
    NetworkID: z.string().default(""),
    Aliases: texts,
    Links: texts,
    IPAMConfig: z
        .looseObject({ IPv4Address: z.string().optional(), IPv6Address: z.string().optional() })
        .nullish(),
    DriverOpts: z.looseObject({}).nullish(),
});

const mountSchema = z.looseObject({
    Type: z.string(),
    Name: z.string().optional(),
    Driver: z.string().optional(),
    Source: z.string().default(""),
    Destination: z.string(),
    RW: z.boolean().default(true),
    Propagation: z.string().default(""),
});

const inspectionSchema = z.object({
    Id: z.string(),
    Name: z.string(),
    Image: z.string(),
    RestartCount: z.number().default(0),
    Config: z.looseObject({ Image: z.string() }),
    HostConfig: z.looseObject({ NetworkMode: z.string().default("default") }),
    State: z.looseObject({
        Status: z.string(),
        ExitCode: z.number(),
        Health: z.looseObject({ Status: z.string() }).nullish(),
    }),
    Mounts: z.array(mountSchema),
    NetworkSettings: z.object({ Networks: z.record(z.string(), networkSchema).nullish() }),
});

/** Parses what `docker container inspect NAME` prints. Its errors name no value. */
export function parseInspection(text: string): Inspection {
    const read = z.array(inspectionSchema).min(1).safeParse(json(text));
    const raw = read.data?.[0];
    if (!raw) {
        const where = read.error?.issues[0]?.path.slice(1).join(".") || "its beginning";
        throw new CutoverError(`what Docker says of a container cannot be read at ${where}`, {
            next: "check which docker is on PATH and which engine it talks to: docker version",
        });
    }
    const networks = Object.entries(raw.NetworkSettings.Networks ?? {});
    return {
        id: raw.Id,
        name: raw.Name.replace(/^\//, ""),
        imageId: raw.Image,
        config: raw.Config,
        host: raw.HostConfig,
        mounts: [...raw.Mounts.map(mountOf), ...inMemory(raw.HostConfig)],
        networks: Object.fromEntries(networks.map(([name, one]) => [name, networkOf(one)])),
        state: {
            status: raw.State.Status,
            exitCode: raw.State.ExitCode,
            restarts: raw.RestartCount,
            ...(raw.State.Health ? { health: raw.State.Health.Status } : {}),
        },
    };
}

function json(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

function mountOf(raw: z.infer<typeof mountSchema>): InspectedMount {
    return {
        type: raw.Type,
        ...(raw.Name ? { volume: raw.Name } : {}),
        ...(raw.Driver ? { driver: raw.Driver } : {}),
        source: raw.Source,
        path: raw.Destination,
        writable: raw.RW,
        propagation: raw.Propagation,
    };
}

/** What `--tmpfs` made is not among Docker's mounts. */
function inMemory(host: Settings): InspectedMount[] {
    const paths = Object.keys(mapIn(host, "Tmpfs"));
    return paths.map((path) => ({
        type: "tmpfs",
        source: "",
        path,
        writable: true,
        propagation: "",
    }));
}

function networkOf(raw: z.infer<typeof networkSchema>): InspectedNetwork {
    const { IPv4Address: v4, IPv6Address: v6 } = raw.IPAMConfig ?? {};
    return {
        id: raw.NetworkID,
        aliases: raw.Aliases ?? [],
        links: raw.Links ?? [],
        ...(v4 || v6 ? { staticAddresses: { ...(v4 ? { v4 } : {}), ...(v6 ? { v6 } : {}) } } : {}),
        ...(raw.IPAMConfig ? { ipam: raw.IPAMConfig } : {}),
        ...(raw.DriverOpts ? { driverOptions: raw.DriverOpts } : {}),
    };
}

/** Whether the engine, not a person, gave the container its host name. */
export function hasOwnHostname({ id, config }: Inspection): boolean {
    return config.Hostname !== id.slice(0, 12);
}

/** Settings of the host part as a list; anything else is an empty one. */
export function listIn<T = unknown>(settings: Settings, key: string): readonly T[] {
    const value = settings[key];
    return Array.isArray(value) ? value : [];
}

/** Settings of the host part as an object; anything else is an empty one. */
export function mapIn(settings: Settings, key: string): Settings {
    const value = settings[key];
    return typeof value === "object" && value !== null && !Array.isArray(value)
        ? (value as Settings)
        : {};
}
