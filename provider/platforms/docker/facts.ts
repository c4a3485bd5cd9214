import { z } from "zod";

/** A container, as `docker inspect` has it, less what nobody here may see: its environment. */
export interface ContainerFacts {
    id: string;
    name: string;
    image: string;
    imageId: string;
    labels: Readonly<Record<string, string>>;
    status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
    startedAt: string;
    finishedAt: string;
    exitCode: number;
    restartPolicy: string;
    restartCount: number;
    mounts: readonly MountFacts[];
    networks: Readonly<Record<string, { address: string }>>;
    publishes: readonly { address: string; port: number; to: number }[];
}

export interface MountFacts {
    type: string;
    /** Of a volume. */
    volume?: string;
    /** Path on the host. */
    source: string;
    path: string;
    writable: boolean;
}

export interface VolumeFacts {
    name: string;
    labels: Readonly<Record<string, string>>;
    createdAt: string;
    /** Path on the host. */
    mountpoint: string;
}

const labels = z.record(z.string(), z.string()).nullish();

const containerSchema = z.object({
    Id: z.string(),
    Name: z.string(),
    Image: z.string(),
    Config: z.object({ Image: z.string(), Labels: labels }),
    State: z.object({
        Status: z.enum(["created", "running", "paused", "restarting", "removing", "exited", "dead"]),
        StartedAt: z.string(),
        FinishedAt: z.string(),
        ExitCode: z.number(),
    }),
    RestartCount: z.number(),
    HostConfig: z.object({
        RestartPolicy: z.object({ Name: z.string() }),
        PortBindings: z
            .record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullable())
            .nullish(),
    }),
    Mounts: z.array(
        z.object({
            Type: z.string(),
            Name: z.string().optional(),
            Source: z.string(),
            Destination: z.string(),
            RW: z.boolean(),
        }),
    ),
    NetworkSettings: z.object({ Networks: z.record(z.string(), z.object({ IPAddress: z.string() })).nullish() }),
});

const volumeSchema = z.object({
    Name: z.string(),
    Labels: labels,
    CreatedAt: z.string().default(""),
    Mountpoint: z.string(),
});

/** Parses what `docker container inspect` prints. */
export function parseContainers(text: string): ContainerFacts[] {
    return z.array(containerSchema).parse(JSON.parse(text)).map(containerFacts);
}

/** Parses what `docker volume inspect` prints. */
export function parseVolumes(text: string): VolumeFacts[] {
    return z
        .array(volumeSchema)
        .parse(JSON.parse(text))
        .map((volume) => ({
            name: volume.Name,
            labels: volume.Labels ?? {},
            createdAt: volume.CreatedAt,
            mountpoint: volume.Mountpoint,
        }));
}

function containerFacts(raw: z.infer<typeof containerSchema>): ContainerFacts {
    return {
        id: raw.Id,
        name: raw.Name.replace(/^\//, ""),
        image: raw.Config.Image,
        imageId: raw.Image,
        labels: raw.Config.Labels ?? {},
        status: raw.State.Status,
        startedAt: raw.State.StartedAt,
        finishedAt: raw.State.FinishedAt,
        exitCode: raw.State.ExitCode,
        restartPolicy: raw.HostConfig.RestartPolicy.Name || "no",
        restartCount: raw.RestartCount,
        mounts: raw.Mounts.map((mount) => ({
            type: mount.Type,
            ...(mount.Name ? { volume: mount.Name } : {}),
            source: mount.Source,
            path: mount.Destination,
            writable: mount.RW,
        })),
        networks: Object.fromEntries(
            Object.entries(raw.NetworkSettings.Networks ?? {}).map(([name, { IPAddress }]) => [
                name,
                { address: IPAddress },
            ]),
        ),
        publishes: Object.entries(raw.HostConfig.PortBindings ?? {}).flatMap(([to, bindings]) =>
            (bindings ?? []).map(({ HostIp, HostPort }) => ({
                address: HostIp || "0.0.0.0",
                port: Number(HostPort),
                to: Number.parseInt(to, 10),
            })),
        ),
    };
}

/** True while its processes exist: they may write. */
export function isAlive(container: ContainerFacts): boolean {
    return container.status === "running" || container.status === "paused" || container.status === "restarting";
}

/**
 * Containers that could write to a volume: those that mount it, and those that bind-mount its folder, a parent of it,
 * or something inside. `docker ps --filter volume=` misses the latter ones (seen on 20.10).
 */
export function writersAmong(containers: readonly ContainerFacts[], volume: VolumeFacts): ContainerFacts[] {
    return containers.filter((container) =>
        container.mounts.some(
            (mount) =>
                mount.writable &&
                (mount.volume === volume.name || (mount.type === "bind" && overlaps(mount.source, volume.mountpoint))),
        ),
    );
}

function overlaps(one: string, other: string): boolean {
    const [a, b] = [one, other].map((path) => `${path.replace(/\/+$/, "")}/`) as [string, string];
    return a.startsWith(b) || b.startsWith(a);
}
