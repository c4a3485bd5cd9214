/** Docker command lines, built by pure functions. Nothing here runs anything, and nothing secret is in them. */

/** The engine that commands go to. */
export interface DockerTarget {
    /** As DOCKER_HOST has it. @default DOCKER_HOST, else the local engine */
    host?: string;
}

export type Argv = readonly [string, ...string[]];

/** `docker` with its target. */
export function docker(target: DockerTarget, ...args: string[]): Argv {
    return target.host ? ["docker", "--host", target.host, ...args] : ["docker", ...args];
}

export interface VolumeMount {
    volume: string;
    path: string;
    readOnly?: boolean;
}

export interface BindMount {
    /** Path on the engine's machine. */
    source: string;
    path: string;
    readOnly?: boolean;
}

export interface CreateContainer {
    name?: string;
    image: string;
    command?: readonly string[];
    entrypoint?: string;
    labels?: Readonly<Record<string, string>>;
    env?: Readonly<Record<string, string>>;
    volumes?: readonly VolumeMount[];
    /** Host paths, such as the engine's socket. */
    binds?: readonly BindMount[];
    network?: string;
    aliases?: readonly string[];
    /** `ADDRESS:PORT` of the host to a port of the container. */
    publish?: readonly { address: string; port: number; to: number }[];
    /** Everything is dropped but these. */
    capabilities?: readonly string[];
    readOnlyRoot?: boolean;
    restart?: string;
    /** Keeps stdin open, for a mover's requests. */
    interactive?: boolean;
    removeAtEnd?: boolean;
    /** Lets Docker fill an empty volume from the image. @default false */
    fillVolumes?: boolean;
}

/** The options of `docker create` and `docker run`, which are the same. */
export function createOptions(spec: CreateContainer): string[] {
    const options: string[] = [];
    if (spec.name) options.push("--name", spec.name);
    if (spec.interactive) options.push("--interactive");
    if (spec.removeAtEnd) options.push("--rm");
    if (spec.restart) options.push("--restart", spec.restart);
    if (spec.network) options.push("--network", spec.network);
    for (const alias of spec.aliases ?? []) options.push("--network-alias", alias);
    if (spec.capabilities) {
        options.push(
            "--cap-drop",
            "ALL",
            ...spec.capabilities.flatMap((name) => ["--cap-add", name]),
        );
        options.push("--security-opt", "no-new-privileges");
    }
    if (spec.readOnlyRoot) options.push("--read-only", "--tmpfs", "/tmp");
    for (const [key, value] of Object.entries(spec.labels ?? {}))
        options.push("--label", `${key}=${value}`);
    for (const [key, value] of Object.entries(spec.env ?? {}))
        options.push("--env", `${key}=${value}`);
    for (const mount of spec.volumes ?? [])
        options.push("--mount", mountOption(mount, spec.fillVolumes ?? false));
    for (const mount of spec.binds ?? []) options.push("--mount", bindOption(mount));
    for (const { address, port, to } of spec.publish ?? []) {
        options.push(
            "--publish",
            `${address.includes(":") ? `[${address}]` : address}:${port}:${to}`,
        );
    }
    if (spec.entrypoint !== undefined) options.push("--entrypoint", spec.entrypoint);
    return [...options, spec.image, ...(spec.command ?? [])];
}

/** Docker fills an empty volume from the image already at `docker create`: never, unless it is asked to. */
function mountOption(mount: VolumeMount, fill: boolean): string {
    const fields = [`type=volume`, `source=${mount.volume}`, `target=${mount.path}`];
    if (mount.readOnly) fields.push("readonly");
    if (!fill) fields.push("volume-nocopy");
    return fields.join(",");
}

/** Fields are CSV: a path may hold a comma or a quote. */
function bindOption({ source, path, readOnly }: BindMount): string {
    const field = /[",]/.test(source)
        ? `"source=${source.replaceAll('"', '""')}"`
        : `source=${source}`;
    return ["type=bind", field, `target=${path}`, ...(readOnly ? ["readonly"] : [])].join(",");
}

/** `--filter label=…` for each label. */
export function labelFilters(labels: Readonly<Record<string, string>>): string[] {
    return Object.entries(labels).flatMap(([key, value]) => ["--filter", `label=${key}=${value}`]);
}
