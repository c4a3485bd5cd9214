import type * as pulumi from "@pulumi/pulumi";

/**
 * A volume that exists or is to be made, as a program names it.
 *
 * Volumes of Kubernetes are refused as not built yet.
 *
 * @example { docker: { volume: "orders-v1" } }
 * @example { docker: { volume: "orders-v1", host: "ssh://deploy@shop-1" } }
 * @example { directory: { path: "/srv/orders", host: "ssh://deploy@shop-1" } }
 */
export type VolumeRefArgs = DockerVolumeRefArgs | DirectoryRefArgs;

export interface DockerVolumeRefArgs {
    docker: DockerVolumeArgs;
}

export interface DirectoryRefArgs {
    directory: DirectoryArgs;
}

/** What can be copied from: a volume, or an archive that `VolumeArchive` wrote. */
export type SourceRefArgs = VolumeRefArgs | ArchiveRefArgs;

export interface ArchiveRefArgs {
    archive: ArchiveArgs;
}

/**
 * An archive, which is restored whole: `quiesce`, `include`, `exclude`, `strategy`, `passes` and `bandwidthLimit` have no
 * meaning for it, and are refused.
 *
 * @example { archive: { path: "/srv/backups/orders.tar.zst" } }
 */
export interface ArchiveArgs {
    /** Absolute, on the machine of the engine; the file itself, and no link to it. */
    path: pulumi.Input<string>;
    /**
     * The engine of that machine: the destination's in this version.
     *
     * @default the destination's
     */
    host?: pulumi.Input<string>;
    /**
     * Which of its volumes, where it holds those of a container.
     *
     * @default the only one
     */
    volume?: pulumi.Input<string>;
    /**
     * The private key of age (`AGE-SECRET-KEY-1…`) for one of the recipients of an encrypted archive. It is kept
     * as a secret in Pulumi's state, whether or not it is given as one, and is in the runner's memory alone while
     * it works: in no argument, environment, log, journal or file of a disk.
     */
    identity?: pulumi.Input<string>;
}

/** A named volume of a Docker engine. */
export interface DockerVolumeArgs {
    /**
     * The volume's name: letters, digits, `_`, `.` and `-`, at least two, the first a letter or a
     * digit. A mount of a host folder is no volume and has no name: write it as `directory`.
     */
    volume: pulumi.Input<string>;
    /**
     * The engine, as DOCKER_HOST has it: `ssh://[user@]host[:port]`, `unix:///path` or
     * `tcp://host:port`. An address with a password in it is refused: use an SSH key.
     *
     * @default the stack's configuration, else DOCKER_HOST, else the local engine
     */
    host?: pulumi.Input<string>;
}

/**
 * A folder of the machine that a Docker engine runs on, which that engine's containers can mount.
 *
 * Containers that mount it, or a folder above or in it, are found and named like those of a volume.
 * A process of the machine itself that writes to it is not: what it writes in the middle fails the
 * proof, so stop it before.
 */
export interface DirectoryArgs {
    /**
     * Absolute, without `.`, `..` or empty parts. As a destination it is made when it is missing;
     * the folder above has to be there. What lies beside it, such as `/etc` or `/var` as a whole, is
     * refused.
     */
    path: pulumi.Input<string>;
    /**
     * The engine of that machine, as DOCKER_HOST has it; see {@link DockerVolumeArgs.host}.
     *
     * @default the stack's configuration, else DOCKER_HOST, else the local engine
     */
    host?: pulumi.Input<string>;
}

/** The stack's own Docker host, where a reference names none; what is no reference is left for `check` to name. */
export function withHost(ref: SourceRefArgs | undefined, host: string | undefined): unknown {
    if (host === undefined || typeof ref !== "object" || ref === null) return ref;
    const kinds = Object.entries(ref).map(([kind, named]) => [kind, withDefault(named, host)]);
    return Object.fromEntries(kinds);
}

function withDefault(named: unknown, host: string): unknown {
    return typeof named === "object" && named !== null ? { host, ...named } : named;
}
