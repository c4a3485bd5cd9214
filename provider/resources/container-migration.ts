import * as pulumi from "@pulumi/pulumi";
import type { InputProblem } from "../engine/errors.js";
import type { ContainerReport } from "../engine/handover/report.js";
import type { ContainerMigrationArgs } from "./container-migration-args.js";
import { defaultDockerHost } from "./docker-host.js";
import { dynamicInputs, hiddenInputs, withoutProviders } from "./dynamic-inputs.js";
import { refuseProviders } from "./options.js";
import { refuseSecrets } from "./secret-leaves.js";

/**
 * Moves a running container into a new one with `pulumi up`: its configuration as it is, its volumes copied and proven,
 * its layer if it is asked for, and with `memory: "checkpoint"` the process where it was. The work is done by a runner
 * on the target, so it goes on when the machine that runs Pulumi goes away; the next `pulumi up` finds it running or
 * done.
 *
 * Between the stop of the old container and the moment in which the new one is healthy nothing serves: preview tells how
 * long that is expected to be, and the report how long it was. Before the commit every failure goes back: the new
 * container is removed and the old one runs as before. Afterwards the old one is stopped, and stays as it is. Destroying
 * the resource removes neither of the two, and no volume.
 *
 * The new container also answers to the old one's name, in each network that is not one of the engine's own. Its
 * environment is in no plan, state, journal, report or command line.
 *
 * @example
 * const orders = new cutover.ContainerMigration("orders", {
 *     container: { docker: { name: "orders" } },
 *     to: { name: "orders-2" },
 * });
 * export const volumes = orders.volumes;
 */
export class ContainerMigration extends pulumi.CustomResource {
    /** @internal */
    static readonly __pulumiType = "pulumi-nodejs:dynamic/cutover:ContainerMigration";

    /** The new container's name. Known in preview. */
    declare readonly name: pulumi.Output<string>;
    /** The new container's id. */
    declare readonly containerId: pulumi.Output<string>;
    /** By the name of each volume that moved: the volume that has its data now. Known in preview. */
    declare readonly volumes: pulumi.Output<Record<string, string>>;
    /** What moved, how, and what was proven: what a reviewer reads afterwards. */
    declare readonly report: pulumi.Output<ContainerReport>;

    constructor(name: string, args: ContainerMigrationArgs, opts?: pulumi.CustomResourceOptions) {
        const type = ContainerMigration.__pulumiType;
        const { host } = defaultDockerHost();
        super(
            type,
            name,
            {
                ...args,
                container: withHost(args?.container, host),
                ...dynamicInputs("containerMigration", type, name, opts),
                problems: problemsOf(args, opts),
                name: undefined,
                volumes: args?.volumes,
                containerId: undefined,
                report: undefined,
            },
            withoutProviders(pulumi.mergeOptions(opts ?? {}, { hideDiffs: hiddenInputs })),
        );
    }
}

/** What `check` cannot see: providers, and which of the values are secrets. */
function problemsOf(
    args: ContainerMigrationArgs,
    opts: pulumi.CustomResourceOptions | undefined,
): pulumi.Output<InputProblem[]> {
    const found = refuseProviders(opts, "container.docker.host");
    return refuseSecrets(args).apply((secrets) => [...found, ...secrets]);
}

/** The stack's own Docker host, where the container names none; what is no reference is left for `check` to name. */
function withHost(ref: ContainerMigrationArgs["container"], host: string | undefined): unknown {
    if (host === undefined || typeof ref?.docker !== "object") return ref;
    return { ...ref, docker: { host, ...ref.docker } };
}
