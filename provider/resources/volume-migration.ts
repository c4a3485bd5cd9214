import * as pulumi from "@pulumi/pulumi";
import type { InputProblem } from "../engine/errors.js";
import type { MigrationReport } from "../engine/handover/report.js";
import type { Duration, Size } from "../engine/units.js";
import type { CopyStrategy } from "../handlers/volume-migration/declaration.js";
import type { MaxDelete } from "../volumes/max-delete.js";
import type { VerifyLevel } from "../volumes/mover.js";
import type { Priority } from "../volumes/priority.js";
import { defaultDockerHost } from "./docker-host.js";
import { dynamicInputs, hiddenInputs, withoutProviders } from "./dynamic-inputs.js";
import { refuseProviders } from "./options.js";
import type { PassesArgs } from "./passes.js";
import { refuseSecrets } from "./secret-leaves.js";
import {
    type ArchiveRefArgs,
    type SourceRefArgs,
    type VolumeRefArgs,
    withHost,
} from "./volume-ref.js";

/**
 * What a program says of a migration of one volume into another.
 *
 * Only a change of `source`, `destination`, `include`, `exclude` or `rerun` starts a sync.
 * Everything that is wrong is reported at once, by property path, before anything is touched.
 *
 * @example
 * new cutover.VolumeMigration("orders", {
 *     source: { docker: { volume: "orders-v1" } },
 *     destination: { docker: { volume: "orders-v2" } },
 *     quiesce: { containers: ["orders"], how: "stop" },
 * });
 */
export interface VolumeMigrationArgs {
    /**
     * The volume to copy. It is only ever read. When it is gone after the migration succeeded, that
     * is no error; when it is missing before, it is.
     *
     * An empty one is copied as it is. Docker fills an empty volume from the image of the first
     * container that mounts it, the copy too, unless that mount says `noCopy`: the row warns of it.
     * One that is empty is never copied over a destination that holds data.
     */
    source: SourceRefArgs;
    /**
     * The volume to copy into; made when it does not exist. It must be another one than the source,
     * on the same engine or on another. One that holds data is refused unless
     * `onExisting: "update"`.
     */
    destination: VolumeRefArgs;
    /**
     * The containers that write to the source, and how they are kept from it during the last pass.
     * Without it, a volume that a running container has mounted writable is refused, and the error
     * names the container.
     *
     * @default nothing is stopped
     */
    quiesce?: QuiesceArgs;
    /**
     * Copies only what these patterns fit, with the folders above it; the proof looks at the same
     * part. An empty list is refused.
     *
     * Patterns are matched against the path below the volume's root: `*` is anything within one
     * name, `?` one byte of it, `**` anything across folders; a leading `/` begins at the root, and
     * without it a pattern fits at any depth; a trailing `/` fits folders only; `\` takes the next
     * character as it is. A folder that fits takes along everything below it.
     *
     * @default everything
     * @example ["/uploads"]
     */
    include?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * Leaves out what these patterns fit, and wins over `include`. What is left out and exists in
     * the destination is left alone there, and not compared. Patterns are those of `include`.
     *
     * @default nothing
     * @example ["/cache", "*.tmp"]
     */
    exclude?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * How much the independent look at both sides compares after the last pass: `"content"`
     * compares every byte, name, owner, mode, time, link, ACL and extended attribute; `"metadata"`
     * all but the content of files; `"none"` nothing, and the report says so.
     *
     * @default "content"
     */
    verify?: pulumi.Input<VerifyLevel>;
    /**
     * How to copy: `"auto"` takes the cheapest way that can, or one way by the name that the report
     * gives it: `"reflink"`, `"parallel copy"`, `"stream"` (between hosts) or `"rsync"`. A way that cannot copy this volume
     * then fails instead of making room for the next.
     *
     * @default "auto"
     */
    strategy?: pulumi.Input<CopyStrategy>;
    /**
     * The most bytes that are sent or copied in a second, such as `"20 MiB"`; at least `"64 KiB"`. On
     * one machine it rules out the parallel copy: rsync copies then. Reading for the proof is not
     * limited: it sends nothing. The last pass keeps to it too, and so the freeze may take longer.
     *
     * @default no limit
     */
    bandwidthLimit?: pulumi.Input<Size>;
    /**
     * How many live passes, and when they end.
     *
     * @default { max: 5, settle: "16 MiB" }
     */
    passes?: PassesArgs;
    /**
     * What to do with a destination that holds data already, or that was written to since the last
     * report: `"refuse"`, or `"update"`, which makes it equal to the source: what only the
     * destination has is deleted.
     *
     * @default "refuse"
     */
    onExisting?: pulumi.Input<"refuse" | "update">;
    /**
     * How much of what the destination holds a pass may delete: a part of its names such as `"50%"`, of which 100 may
     * always go, or a number of names, such as `1000`. A pass that would delete more, since the source does not have
     * these names any more, is refused before it deletes anything, with the figures: a source that was emptied or mixed
     * up must not take its copy with it. What was only renamed since the pass before does not count.
     *
     * @default "50%"
     */
    maxDelete?: pulumi.Input<MaxDelete>;
    /**
     * How many copies of files, and comparisons of their content, run side by side, from 1 to 64.
     *
     * @default as many as the target has processors, at least 2 and at most 8
     */
    parallel?: pulumi.Input<number>;
    /**
     * `"low"` lets everything else on the target go first: the copy gets processors and, where the disk's scheduler knows
     * classes (BFQ), the disk only when nobody else wants them. The last pass and the proof get no more, so that the
     * freeze may be longer.
     *
     * @default "normal"
     */
    priority?: pulumi.Input<Priority>;
    /**
     * Any text; a change of it syncs once more.
     *
     * @example "2024-06-01"
     */
    rerun?: pulumi.Input<string>;
    /**
     * How long the whole migration may take, with its unit, at most `"576 hours"`. After it the
     * migration fails: writers that were stopped are started again, and the next `up` resumes.
     *
     * @default "24 hours"
     */
    timeout?: pulumi.Input<Duration>;
    /**
     * A ready-made runner image, for an engine that cannot build one. It must be of the same
     * version as this package.
     *
     * @default built by this package on first use
     */
    runnerImage?: pulumi.Input<string>;
}

/**
 * Containers that are kept from writing during the last pass, and only then.
 *
 * @example { containers: ["orders"], how: "stop" }
 */
export interface QuiesceArgs {
    /**
     * Names or ids of containers on the source's engine, at least one, each once. One that does not
     * exist is an error.
     */
    containers: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * `"stop"` ends them by their own stop signal, so that they can write out what they hold;
     * `"pause"` freezes them where they are, which is shorter, and copies what a crash would leave.
     * A container that was started with `--rm` can only be paused: stopping it would remove it.
     */
    how: pulumi.Input<"stop" | "pause">;
    /**
     * What becomes of them after success: `"stay"` leaves them stopped or paused, with restart
     * policy "no", so that nothing writes to the old volume, after a restart of the engine either;
     * `"restart"` lets them run again as they did. After a failure they always run again.
     *
     * @default "stay"
     */
    then?: pulumi.Input<"stay" | "restart">;
}

/**
 * Copies one volume into another with `pulumi up`, and proves the copy: names, types, owners, modes, times to the
 * nanosecond, links, ACLs, extended attributes, holes and content. The source is read-only to it. The work is done by a
 * runner on the target, so it goes on when the machine that runs Pulumi goes away; the next `pulumi up` finds it running
 * or done.
 *
 * A failure says what is true then and what to do next; a writer that was stopped is started again. After success a
 * stopped writer stays stopped unless `then: "restart"`. Destroying the resource deletes neither volume.
 *
 * @example
 * const orders = new cutover.VolumeMigration("orders", {
 *     source: { docker: { volume: "orders-v1" } },
 *     destination: { docker: { volume: "orders-v2" } },
 *     quiesce: { containers: ["orders"], how: "stop" },
 * });
 * export const volume = orders.volume;
 */
export class VolumeMigration extends pulumi.CustomResource {
    /** @internal */
    static readonly __pulumiType = "pulumi-nodejs:dynamic/cutover:VolumeMigration";

    /** The destination's name: mount this. Known in preview. */
    declare readonly volume: pulumi.Output<string>;
    /** What was copied, how, and what was proven: what a reviewer reads afterwards. */
    declare readonly report: pulumi.Output<MigrationReport>;

    constructor(name: string, args: VolumeMigrationArgs, opts?: pulumi.CustomResourceOptions) {
        const type = VolumeMigration.__pulumiType;
        const { host } = defaultDockerHost();
        super(
            type,
            name,
            {
                ...args,
                source: withSecretIdentity(withHost(args?.source, host)),
                destination: withHost(args?.destination, host),
                ...dynamicInputs("volumeMigration", type, name, opts),
                problems: problemsOf(args, opts),
                volume: undefined,
                report: undefined,
            },
            withoutProviders(pulumi.mergeOptions(opts ?? {}, { hideDiffs: hiddenInputs })),
        );
    }
}

/** What `check` cannot see: providers, and which of the values are secrets. */
function problemsOf(
    args: VolumeMigrationArgs,
    opts: pulumi.CustomResourceOptions | undefined,
): pulumi.Output<InputProblem[]> {
    const found = refuseProviders(opts, "source.docker.host and destination.docker.host");
    return refuseSecrets(withoutIdentity(args)).apply((secrets) => [...found, ...secrets]);
}

/** The one secret that there may be: Pulumi keeps it under its own name, and it is in no plan. */
function withoutIdentity(args: VolumeMigrationArgs): unknown {
    if (!isArchive(args?.source)) return args;
    const { identity: _identity, ...archive } = args.source.archive;
    return { ...args, source: { archive } };
}

function withSecretIdentity(source: unknown): unknown {
    if (!isArchive(source) || source.archive.identity === undefined) return source;
    const { identity, ...archive } = source.archive;
    return { archive: { ...archive, identity: pulumi.secret(identity) } };
}

function isArchive(source: unknown): source is ArchiveRefArgs {
    const { archive } = (source ?? {}) as Partial<ArchiveRefArgs>;
    return typeof archive === "object" && archive !== null;
}
