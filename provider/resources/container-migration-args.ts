import type * as pulumi from "@pulumi/pulumi";
import type { Duration } from "../engine/units.js";
import type { VerifyLevel } from "../volumes/mover.js";
import type { PassesArgs } from "./passes.js";

/**
 * What a program says of a container that is to move.
 *
 * Only a change of `container`, `to`, `volumes`, `binds`, `layer` or `memory` moves it once more. Everything that is
 * wrong is reported at once, by property path, before anything is touched.
 *
 * @example
 * new cutover.ContainerMigration("orders", {
 *     container: { docker: { name: "orders" } },
 *     to: { name: "orders-2" },
 * });
 */
export interface ContainerMigrationArgs {
    /**
     * The container that moves. It has to run, and is stopped at the end, with restart policy "no"; it is never removed,
     * and neither its layer nor its volumes are written to. One that was started with `--rm` is refused.
     */
    container: ContainerRefArgs;
    /** Where it goes. */
    to: ContainerDestinationArgs;
    /**
     * The volumes that move, named or anonymous, by the names that Docker gives them. Of the others, one that the
     * container only reads is mounted as it is; one that it writes to stays behind, and the new container begins with a
     * new one, which the row warns of.
     *
     * @default all of them
     */
    volumes?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * By each folder of the host that the container mounts: the folder that the new one mounts instead, which has to be
     * there. Nothing of it is copied: a `VolumeMigration` with `{ directory }` does that. A folder that is only read
     * need not be named; one that is written to has to be, if only by its own name, since both containers would have it.
     *
     * @default none
     * @example { "/srv/orders": "/srv/orders-2" }
     */
    binds?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /**
     * What becomes of the files that the container changed outside of its mounts: `"image"` leaves them behind and takes
     * the image as it is, `"commit"` keeps them as one more layer, in an image of the engine. That image holds the
     * container's settings too, its environment among them, as each image by `docker commit` does. Making it is part of
     * the gap.
     *
     * @default "image"
     */
    layer?: pulumi.Input<"image" | "commit">;
    /**
     * Whether the process goes on where it was: `"checkpoint"` carries its memory and open files by CRIU, which takes an
     * engine with `"experimental": true` and `criu` on its host. What does not survive is told in docs/containers.md;
     * where it cannot work, preview refuses it with what is missing.
     *
     * @default "none", the new container starts anew
     */
    memory?: pulumi.Input<"none" | "checkpoint">;
    /**
     * How much the independent look at both sides of each volume compares after the last pass, as in `VolumeMigration`.
     *
     * @default "content"
     */
    verify?: pulumi.Input<VerifyLevel>;
    /**
     * How many live passes over the volumes, and when they end.
     *
     * @default { max: 5, settle: "16 MiB" }
     */
    passes?: PassesArgs;
    /**
     * How long the old container has to end after its stop signal, with its unit; then it is killed, and the report says
     * so. Rounded up to seconds. Has no meaning with `memory: "checkpoint"`.
     *
     * @default the container's own stop time-out, else "10 seconds"
     */
    grace?: pulumi.Input<Duration>;
    /**
     * When the new container is taken for good: when its own health check says so, or without one when it has run for
     * three seconds. One that ends, or is not healthy within `timeout`, is removed, and the old one runs again.
     *
     * @default { timeout: "60 seconds" }
     */
    health?: { timeout?: pulumi.Input<Duration> };
    /**
     * What to do with a volume of the new name that holds data already: `"refuse"`, or `"update"`, which makes it equal
     * to its source: what only it has is deleted.
     *
     * @default "refuse"
     */
    onExisting?: pulumi.Input<"refuse" | "update">;
    /**
     * How long all of it may take, with its unit, at most `"576 hours"`. After it the move goes back.
     *
     * @default "24 hours"
     */
    timeout?: pulumi.Input<Duration>;
    /**
     * A ready-made runner image, for an engine that cannot build one. It must be of the same version as this package.
     *
     * @default built by this package on first use
     */
    runnerImage?: pulumi.Input<string>;
}

/**
 * A container that runs.
 *
 * @example { docker: { name: "orders" } }
 */
export interface ContainerRefArgs {
    docker: {
        /** Its name. */
        name: pulumi.Input<string>;
        /**
         * The engine, as DOCKER_HOST has it: `ssh://[user@]host[:port]`, `unix:///path` or `tcp://host:port`.
         *
         * @default the stack's configuration, else DOCKER_HOST, else the local engine
         */
        host?: pulumi.Input<string>;
    };
}

/**
 * Where a container goes.
 *
 * @example { name: "orders-2" }
 */
export interface ContainerDestinationArgs {
    /** Of the new container. It has to be another one than the old container's, which stays, and must not be taken. */
    name: pulumi.Input<string>;
    /**
     * The engine. Another one than the container's own is refused as not built yet.
     *
     * @default the engine of the container
     */
    host?: pulumi.Input<string>;
}
