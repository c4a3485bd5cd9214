import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { refusedProperties } from "../handlers/environment/container-properties.js";
import { labelKeys, names, ownLabels } from "../platforms/docker/names.js";
import type {
    BlueGreenEnvironmentArgs,
    MountArgs,
    VolumeArgs,
} from "./blue-green-environment-args.js";
import type { ContainerSpec } from "./container-spec.js";
import { specDigest } from "./digest.js";

/** What reaches the gate of a container's arguments. */
export interface DigestedContainer {
    image: pulumi.Input<string>;
    digest: pulumi.Output<string>;
    /** Names that the program wrote and that are not the container's to have. */
    owned: string[];
    /** Why it has no digest; "" when it has one. */
    problem: pulumi.Output<string>;
}

/** Digests a container's arguments. The digest is slow and keyed, and no secret: names and labels carry it. */
export function digestContainer(spec: ContainerSpec, salt: string): DigestedContainer {
    const attempt = pulumi.unsecret(
        pulumi.output(spec).apply((resolved) => {
            try {
                return { digest: specDigest(resolved, salt), problem: "" };
            } catch (error) {
                return {
                    digest: "none",
                    problem: error instanceof Error ? error.message : String(error),
                };
            }
        }),
    );
    return {
        image: spec?.image,
        digest: attempt.digest,
        owned: typeof spec === "object" && spec !== null ? refusedProperties(spec) : [],
        problem: attempt.problem,
    };
}

export interface SlotContainerParts {
    prefix: pulumi.Output<string>;
    slot: string;
    key: string;
    spec: ContainerSpec;
    digest: pulumi.Output<string>;
    /** The environment's. */
    name: string;
    args: BlueGreenEnvironmentArgs;
}

/** A parked container: created and never started by Pulumi. What is added here must stay the same over versions. */
export function slotContainer(parts: SlotContainerParts): docker.ContainerArgs {
    const { prefix, slot, key, spec, digest, args } = parts;
    const aliases = pulumi
        .output(args.traffic?.to?.container)
        .apply((to) => (to === key ? [key, names.trafficAlias(slot)] : [key]));
    return {
        ...spec,
        name: pulumi
            .all([prefix, digest])
            .apply(([own, text]) => names.container(own, slot, key, text)),
        start: false,
        mustRun: false,
        restart: "no",
        networksAdvanced: joined(spec.networksAdvanced, [
            { name: prefix.apply((own) => names.network(own, slot)), aliases },
        ]),
        mounts: joined(spec.mounts, mountsOf(parts)),
        labels: joined(spec.labels, labelsOf(parts)),
    };
}

function mountsOf({
    prefix,
    slot,
    key,
    args,
}: SlotContainerParts): pulumi.Input<docker.types.input.ContainerMount>[] {
    return Object.entries(args.volumes ?? {}).flatMap(([volume, declared]) => {
        const mount = declared?.mounts?.[key];
        return mount === undefined ? [] : [mountOf(volume, declared, mount, prefix, slot)];
    });
}

function mountOf(
    volume: string,
    { mode }: VolumeArgs,
    mount: pulumi.Input<string> | MountArgs,
    prefix: pulumi.Output<string>,
    slot: string,
): docker.types.input.ContainerMount {
    const detailed =
        typeof mount === "object" &&
        mount !== null &&
        "path" in mount &&
        !pulumi.Output.isInstance(mount);
    const { path, readOnly } = detailed
        ? (mount as MountArgs)
        : { path: mount as pulumi.Input<string>, readOnly: false };
    return {
        type: "volume",
        source: prefix.apply((own) =>
            names.volume(own, volume, mode === "shared" ? undefined : slot),
        ),
        target: path,
        readOnly: readOnly ?? false,
        // Not volumeOptions.noCopy: @pulumi/docker 5.2 refuses volumeOptions on engines before 25 (API 1.45). The gate
        // keeps Docker from filling a new volume instead: see handlers/environment/park-volume.ts.
    };
}

function labelsOf({
    prefix,
    slot,
    key,
    digest,
    name,
}: SlotContainerParts): pulumi.Input<docker.types.input.ContainerLabel>[] {
    const fixed: Record<string, pulumi.Input<string>> = {
        ...ownLabels("", "slot"),
        [labelKeys.prefix]: prefix,
        [labelKeys.project]: pulumi.getProject(),
        [labelKeys.name]: name,
        [labelKeys.slot]: slot,
        [labelKeys.container]: key,
        [labelKeys.digest]: digest,
    };
    return Object.entries(fixed).map(([label, value]) => ({ label, value }));
}

/** The user's own, then ours. */
function joined<T>(
    theirs: pulumi.Input<pulumi.Input<T>[] | undefined>,
    ours: pulumi.Input<T>[],
): pulumi.Output<T[]> {
    return pulumi
        .output(theirs)
        .apply((list) => pulumi.all([...((list ?? []) as T[]), ...ours])) as pulumi.Output<T[]>;
}
