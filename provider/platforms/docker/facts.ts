import { z } from "zod";
import { CutoverError } from "../../engine/errors.js";

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
    /** The engine removes it as soon as it stops (`--rm`). */
    removedAtEnd: boolean;
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
    /** The folder of the host that it really is, where it was made as a bind mount (`--opt o=bind --opt device=…`). */
    device?: string;
}

const labels = z.record(z.string(), z.string()).nullish();

const containerSchema = z.object({
    Id: z.string(),
    Name: z.string(),
    Image: z.string(),
    Config: z.object({ Image: z.string(), Labels: labels }),
    State: z.object({
        Status: z.enum([
            "created",
            "running",
            "paused",
            "restarting",
            "removing",
            "exited",
            "dead",
        ]),
        StartedAt: z.string(),
        FinishedAt: z.string(),
        ExitCode: z.number(),
    }),
    RestartCount: z.number(),
    HostConfig: z.object({
        RestartPolicy: z.object({ Name: z.string(), MaximumRetryCount: z.number().default(0) }),
        AutoRemove: z.boolean().default(false),
        Tmpfs: labels,
        PortBindings: z
            .record(
                z.string(),
                z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullable(),
            )
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
    NetworkSettings: z.object({
        Networks: z.record(z.string(), z.object({ IPAddress: z.string() })).nullish(),
    }),
});

const volumeSchema = z.object({
    Name: z.string(),
    Labels: labels,
    CreatedAt: z.string().default(""),
    Mountpoint: z.string(),
    Options: labels,
});

/** Parses what `docker container inspect` prints. */
export function parseContainers(text: string): ContainerFacts[] {
    return parseInspected("containers", containerSchema, text).map(containerFacts);
}

/** Parses what `docker volume inspect` prints. */
export function parseVolumes(text: string): VolumeFacts[] {
    return parseInspected("volumes", volumeSchema, text).map(volumeFacts);
}

function parseInspected<Schema extends z.ZodType>(
    what: string,
    schema: Schema,
    text: string,
): z.output<Schema>[] {
    try {
        return z.array(schema).parse(JSON.parse(text));
    } catch (error) {
        throw new CutoverError(`what Docker says of its ${what} cannot be read${whereIn(error)}`, {
            cause: error,
            next: "check which docker is on PATH and which engine it talks to: docker version",
        });
    }
}

/** Where the answer is not as it should be; what it holds there is not printed. */
function whereIn(error: unknown): string {
    if (!(error instanceof z.ZodError)) return ": it is not JSON";
    const [issue] = error.issues;
    return issue && issue.path.length > 0 ? ` at ${issue.path.join(".")}` : "";
}

function volumeFacts(raw: z.output<typeof volumeSchema>): VolumeFacts {
    const { device, o = "" } = raw.Options ?? {};
    const bound =
        device !== undefined &&
        o.split(",").some((option) => option === "bind" || option === "rbind");
    return {
        name: raw.Name,
        labels: raw.Labels ?? {},
        createdAt: raw.CreatedAt,
        mountpoint: raw.Mountpoint,
        ...(bound ? { device } : {}),
    };
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
        restartPolicy: restartPolicyOf(raw.HostConfig.RestartPolicy),
        restartCount: raw.RestartCount,
        removedAtEnd: raw.HostConfig.AutoRemove,
        mounts: mountsOf(raw),
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

/** What `--tmpfs` made is not among Docker's mounts. */
function mountsOf({ Mounts, HostConfig }: z.infer<typeof containerSchema>): MountFacts[] {
    const mounts = Mounts.map((mount) => ({
        type: mount.Type,
        ...(mount.Name ? { volume: mount.Name } : {}),
        source: mount.Source,
        path: mount.Destination,
        writable: mount.RW,
    }));
    const inMemory = Object.keys(HostConfig.Tmpfs ?? {});
    return [
        ...mounts,
        ...inMemory.map((path) => ({ type: "tmpfs", source: "", path, writable: true })),
    ];
}

/** As `docker update --restart` takes it: "on-failure:5". */
function restartPolicyOf({
    Name,
    MaximumRetryCount,
}: {
    Name: string;
    MaximumRetryCount: number;
}): string {
    if (Name === "") return "no";
    return MaximumRetryCount > 0 ? `${Name}:${MaximumRetryCount}` : Name;
}

/** True while its processes exist: they may write. */
export function isAlive(container: ContainerFacts): boolean {
    return (
        container.status === "running" ||
        container.status === "paused" ||
        container.status === "restarting"
    );
}

/**
 * Containers that could write to a volume: those that mount it, and those that mount its folder, a parent of it, or
 * something inside. `docker ps --filter volume=` misses the latter ones (seen on 20.10).
 */
export function writersAmong(
    containers: readonly ContainerFacts[],
    volume: VolumeFacts,
): ContainerFacts[] {
    const isOfVolume = (mount: MountFacts) =>
        mount.volume === volume.name ||
        (mount.source !== "" && foldersOf(volume).some((folder) => overlaps(mount.source, folder)));
    return containers.filter(({ mounts }) =>
        mounts.some((mount) => mount.writable && isOfVolume(mount)),
    );
}

/** Whether two volumes are the same folder of the host, or one lies in the other. */
export function volumesOverlap(one: VolumeFacts, other: VolumeFacts): boolean {
    return foldersOf(one).some((folder) =>
        foldersOf(other).some((another) => overlaps(folder, another)),
    );
}

/** Whether a path of the host lies in a volume. */
export function liesWithin(path: string, volume: VolumeFacts): boolean {
    return foldersOf(volume).some((folder) => path.startsWith(`${folder.replace(/\/+$/, "")}/`));
}

function foldersOf({ mountpoint, device }: VolumeFacts): string[] {
    return device === undefined ? [mountpoint] : [mountpoint, device];
}

function overlaps(one: string, other: string): boolean {
    const [a, b] = [one, other].map((path) => `${path.replace(/\/+$/, "")}/`) as [string, string];
    return a.startsWith(b) || b.startsWith(a);
}
