import * as pulumi from "@pulumi/pulumi";
import type { InputProblem } from "../engine/errors.js";
import type { ArchiveReport } from "../engine/handover/archive-report.js";
import type { Duration } from "../engine/units.js";
import { defaultDockerHost } from "./docker-host.js";
import { dynamicInputs, hiddenInputs, withoutProviders } from "./dynamic-inputs.js";
import { refuseProviders } from "./options.js";
import { refuseSecrets } from "./secret-leaves.js";
import type { QuiesceArgs } from "./volume-migration.js";
import { type VolumeRefArgs, withHost } from "./volume-ref.js";

/**
 * What a program says of an archive: what is saved, and into which file.
 *
 * Only a change of `source`, `container`, `archive`, `include`, `exclude`, `recipients` or `rerun` saves.
 * Everything that is wrong is reported at once, by property path, before anything is touched.
 *
 * @example
 * new cutover.VolumeArchive("orders", {
 *     source: { docker: { volume: "orders" } },
 *     archive: { path: "/srv/backups/orders-{time}.tar.zst" },
 *     quiesce: { containers: ["orders"], how: "stop" },
 *     rerun: new Date().toISOString().slice(0, 13), // once an hour
 * });
 */
export interface VolumeArchiveArgs {
    /** The volume to save. It is only ever read. This, or `container`. */
    source?: VolumeRefArgs;
    /**
     * A container all of whose volumes are saved, each in a folder of its name. What it mounts from the
     * host's folders is not. This, or `source`.
     */
    container?: { docker: DockerContainerArgs };
    /** The file to write. */
    archive: ArchiveFileArgs;
    /**
     * The containers that write to what is saved, and how they are kept from it while it is read. Without
     * it, a volume that a running container has mounted writable is refused, and the error names the
     * container. Unlike those of a migration they run again afterwards, as soon as everything was read,
     * unless it says `then: "stay"`.
     *
     * @default nothing is stopped
     */
    quiesce?: QuiesceArgs;
    /**
     * Saves only what these patterns fit, with the folders above it; see {@link VolumeMigrationArgs.include}.
     *
     * @default everything
     */
    include?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * Leaves out what these patterns fit, and wins over `include`.
     *
     * @default nothing
     */
    exclude?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * Public keys of age (`age1…`, as `age-keygen` prints them): the archive is encrypted, and whoever has
     * the private key of one of them can open it. Nobody else can, not even to verify it, so keep those keys
     * where the archives are not. An empty list is refused.
     *
     * @default the archive is not encrypted
     */
    recipients?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * What to do when there is a file of this name: `"refuse"`, or `"replace"`, at once and only when the new
     * one is whole and verified.
     *
     * @default "refuse"
     */
    onExisting?: pulumi.Input<"refuse" | "replace">;
    /**
     * Any text; a change of it saves once more. With `{time}` in the path that makes one more file.
     *
     * @example new Date().toISOString().slice(0, 13)
     */
    rerun?: pulumi.Input<string>;
    /**
     * How long the save may take, with its unit, at most `"576 hours"`. After it the save fails: writers that
     * were stopped are started again.
     *
     * @default "24 hours"
     */
    timeout?: pulumi.Input<Duration>;
    /**
     * A ready-made runner image, for an engine that cannot build one. It must be of the same version as this
     * package.
     *
     * @default built by this package on first use
     */
    runnerImage?: pulumi.Input<string>;
}

/** A container of a Docker engine. */
export interface DockerContainerArgs {
    /** Its name or id. */
    name: pulumi.Input<string>;
    /**
     * The engine, as DOCKER_HOST has it; see {@link DockerVolumeArgs.host}.
     *
     * @default the stack's configuration, else DOCKER_HOST, else the local engine
     */
    host?: pulumi.Input<string>;
}

/** A file on the engine's machine. */
export interface ArchiveFileArgs {
    /**
     * Absolute; its folder must exist, and be none of what is saved. `{time}` stands for the moment of the save
     * in UTC, such as `2026-01-31T23-59-59Z`. The file is written as `PATH.partial`, only for root to read, and
     * gets its name when it is on the disk and verified.
     */
    path: pulumi.Input<string>;
    /**
     * The engine of that machine: the one of the volumes in this version.
     *
     * @default that of `source` or `container`
     */
    host?: pulumi.Input<string>;
}

/**
 * Saves a volume, or all volumes of a container, to one file with `pulumi up`: a tar, compressed by zstd, and encrypted
 * by age where there are recipients, with a manifest by which a restore is verified entry by entry. `VolumeMigration`
 * restores it, with `source: { archive: { path } }`; `tar --zstd -xf` opens one that is not encrypted.
 *
 * Everything is read once, in a stream, while the writers are stopped; nothing is put aside on the disk meanwhile. The work
 * is done by a runner on the target, which goes on when the machine that runs Pulumi goes away. Destroying the resource
 * deletes no archive, and `pulumi refresh` does not look for it: archives are carried away.
 *
 * @example
 * const saved = new cutover.VolumeArchive("orders", {
 *     source: { docker: { volume: "orders" } },
 *     archive: { path: "/srv/backups/orders-{time}.tar.zst" },
 *     quiesce: { containers: ["orders"], how: "stop" },
 * });
 * export const archive = saved.path;
 */
export class VolumeArchive extends pulumi.CustomResource {
    /** @internal */
    static readonly __pulumiType = "pulumi-nodejs:dynamic/cutover:VolumeArchive";

    /** Where the last archive is, on the engine's machine. */
    declare readonly path: pulumi.Output<string>;
    /** What was saved, and how it was verified: what a reviewer reads afterwards. */
    declare readonly report: pulumi.Output<ArchiveReport>;

    constructor(name: string, args: VolumeArchiveArgs, opts?: pulumi.CustomResourceOptions) {
        const type = VolumeArchive.__pulumiType;
        const { host } = defaultDockerHost();
        super(
            type,
            name,
            {
                ...args,
                source: withHost(args?.source, host),
                container: withContainerHost(args?.container, host),
                ...dynamicInputs("volumeArchive", type, name, opts),
                problems: problemsOf(args, opts),
                path: undefined,
                report: undefined,
            },
            withoutProviders(pulumi.mergeOptions(opts ?? {}, { hideDiffs: hiddenInputs })),
        );
    }
}

function problemsOf(
    args: VolumeArchiveArgs,
    opts: pulumi.CustomResourceOptions | undefined,
): pulumi.Output<InputProblem[]> {
    const found = refuseProviders(opts, "source.docker.host");
    return refuseSecrets(args).apply((secrets) => [...found, ...secrets]);
}

function withContainerHost(
    container: VolumeArchiveArgs["container"],
    host: string | undefined,
): unknown {
    if (host === undefined || typeof container?.docker !== "object") return container;
    return { docker: { host, ...container.docker } };
}
