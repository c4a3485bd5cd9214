import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { InputProblem } from "../engine/errors.js";
import type { EnvironmentReport } from "../engine/handover/report.js";
import { heaviest } from "../engine/handover/slot-steps.js";
import { readListen } from "../handlers/environment/listen.js";
import { names } from "../platforms/docker/names.js";
import { routerPorts } from "../platforms/docker/router-container.js";
import type {
    BlueGreenEnvironmentArgs,
    SlotArgs,
    VolumeArgs,
} from "./blue-green-environment-args.js";
import { defaultDockerHost } from "./docker-host.js";
import { dynamicInputs, hiddenInputs, withoutProviders } from "./dynamic-inputs.js";
import { refuseProviders } from "./options.js";
import { refuseSecrets } from "./secret-leaves.js";
import { type DigestedContainer, digestContainer, slotContainer } from "./slot-container.js";

const gateType = "pulumi-nodejs:dynamic/cutover:EnvironmentGate";
const handoverType = "pulumi-nodejs:dynamic/cutover:EnvironmentHandover";

/** A slot, as other resources may need it. */
export interface SlotOutputs {
    /** Its own Docker network, where a container's key is its host name. */
    network: string;
    /** Ids of its containers, by key. */
    containers: Record<string, string>;
}

/** A logical volume. */
export interface VolumeOutputs {
    /** The real volume of the slot that has most of the declared weight. */
    current: string;
    /** The real volume of each slot; of a `shared` one the same for both. */
    bySlot: Record<string, string>;
}

/**
 * A whole environment: two slots, one of them serving. `pulumi up` copies the state, brings up the other slot, and moves
 * the load balancer to it by the declared weights; `pulumi preview` says what will happen before it happens.
 *
 * @example
 * const shop = new cutover.BlueGreenEnvironment("shop", {
 *     platform: "docker",
 *     slots: {
 *         blue: { containers: { web: { image: "shop:1.4" } } },
 *         green: { containers: { web: { image: "shop:2.0" } } },
 *     },
 *     volumes: { data: { mounts: { web: "/var/lib/shop" } } },
 *     traffic: { listen: 8080, to: { container: "web", port: 3000 }, weights: { blue: 100, green: 0 } },
 *     health: { path: "/healthz" },
 * });
 * export const url = shop.endpoint;
 */
export class BlueGreenEnvironment extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "cutover:index:BlueGreenEnvironment";

    /** Where requests come in. Known in preview. */
    readonly endpoint: pulumi.Output<string>;
    /** As the load balancer has them. */
    readonly weights: pulumi.Output<Record<string, number>>;
    /** The slot whose volumes hold the newest data. */
    readonly active: pulumi.Output<string>;
    readonly slots: pulumi.Output<Record<string, SlotOutputs>>;
    /** Known in preview. */
    readonly volumes: pulumi.Output<Record<string, VolumeOutputs>>;
    /** What the last change did: copies and their proofs, the freeze, what was started. */
    readonly report: pulumi.Output<EnvironmentReport | undefined>;

    constructor(
        name: string,
        args: BlueGreenEnvironmentArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super(BlueGreenEnvironment.__pulumiType, name, {}, withoutProviders(opts ?? {}));
        const host = args.docker?.host ?? defaultDockerHost().host;
        const digested = digestSlots(args.slots, name);
        const raw = rawArguments(args, host, digested);
        const problems = problemsOf(refuseProviders(opts), refuseSecrets(raw), digested);

        const gate = new Part("gate", gateType, name, { ...raw, problems }, this);
        const children = slotContainers(name, args, digested, gate.prefix, host, this, gate);
        const containers = mapValues(children, (slot) => mapValues(slot, ({ id }) => id));
        const handover = new Part(
            "handover",
            handoverType,
            name,
            { ...raw, problems, prefix: gate.prefix, containers },
            this,
            Object.values(children).flatMap((slot) => Object.values(slot)),
        );

        const weights = args.traffic?.weights ?? {};
        this.weights = handover.weights;
        this.active = handover.active;
        this.report = handover.report;
        this.endpoint = endpointOf(args, host, gate.prefix);
        this.slots = gate.prefix.apply((prefix) =>
            pulumi.output(
                mapEntries(containers, (slot, ids) => ({
                    network: names.network(prefix, slot),
                    containers: ids,
                })),
            ),
        );
        this.volumes = gate.prefix.apply((prefix) =>
            mapEntries(args.volumes ?? {}, (volume, declared) =>
                volumeOutputs(prefix, volume, declared, weights),
            ),
        );
        this.registerOutputs({
            endpoint: this.endpoint,
            weights: this.weights,
            volumes: this.volumes,
        });
    }
}

/** The gate and the hand-over: dynamic resources, whose outputs are those of the environment. */
class Part extends pulumi.CustomResource {
    declare readonly prefix: pulumi.Output<string>;
    declare readonly weights: pulumi.Output<Record<string, number>>;
    declare readonly active: pulumi.Output<string>;
    declare readonly report: pulumi.Output<EnvironmentReport | undefined>;

    constructor(
        role: "gate" | "handover",
        type: string,
        environment: string,
        inputs: pulumi.Inputs,
        parent: pulumi.Resource,
        dependsOn: pulumi.Resource[] = [],
    ) {
        const opts = { parent, dependsOn, hideDiffs: hiddenInputs };
        const own = dynamicInputs(role, type, `${environment}-${role}`, opts);
        const origin = { ...own.origin, name: environment };
        const outputs =
            role === "gate" ? {} : { weights: undefined, active: undefined, report: undefined };
        super(
            type,
            `${environment}-${role}`,
            { prefix: undefined, ...inputs, ...own, origin, ...outputs },
            opts,
        );
    }
}

type DigestedSlots = Record<string, Record<string, DigestedContainer>>;

function digestSlots(slots: Record<string, SlotArgs> | undefined, salt: string): DigestedSlots {
    return mapValues(slots ?? {}, (slot) =>
        mapValues(slot?.containers ?? {}, (spec) =>
            digestContainer(spec, `${pulumi.getProject()}/${salt}`),
        ),
    );
}

/** The arguments as `check` gets them: of each container only its image, a digest and what it must not have. */
function rawArguments(
    args: BlueGreenEnvironmentArgs,
    host: pulumi.Input<string> | undefined,
    digested: DigestedSlots,
): pulumi.Inputs {
    const slots = mapEntries(args.slots ?? {}, (slot, { containers: _containers, ...rest }) => ({
        ...rest,
        containers: mapValues(digested[slot] ?? {}, ({ image, digest, owned }) => ({
            image,
            digest,
            owned,
        })),
    }));
    return { ...args, ...(host === undefined ? {} : { docker: { ...args.docker, host } }), slots };
}

function problemsOf(
    found: InputProblem[],
    secrets: pulumi.Output<InputProblem[]>,
    digested: DigestedSlots,
): pulumi.Output<InputProblem[]> {
    const all = Object.entries(digested).flatMap(([slot, containers]) =>
        Object.entries(containers).map(([key, { problem }]) =>
            problem.apply((text) =>
                text ? [{ path: `slots.${slot}.containers.${key}`, problem: text }] : [],
            ),
        ),
    );
    return pulumi.all([secrets, ...all]).apply((lists) => [...found, ...lists.flat()]);
}

function slotContainers(
    name: string,
    args: BlueGreenEnvironmentArgs,
    digested: DigestedSlots,
    prefix: pulumi.Output<string>,
    host: pulumi.Input<string> | undefined,
    parent: pulumi.Resource,
    gate: pulumi.Resource,
): Record<string, Record<string, docker.Container>> {
    // One target for the children and for the hand-over.
    const provider =
        host === undefined
            ? undefined
            : new docker.Provider(`${name}-docker`, { host }, { parent });
    return mapEntries(args.slots ?? {}, (slot, { containers }) =>
        mapEntries(containers ?? {}, (key, spec) => {
            const digest = digested[slot]?.[key]?.digest ?? pulumi.output("");
            const parts = { prefix, slot, key, spec, digest, name, args };
            return new docker.Container(`${name}-${slot}-${key}`, slotContainer(parts), {
                parent,
                dependsOn: gate,
                ...(provider ? { provider } : {}),
                // The old one may be the one that serves: it goes last, after the hand-over.
                deleteBeforeReplace: false,
                // The hand-over sets it, when a slot begins or ends to serve.
                ignoreChanges: ["restart"],
            });
        }),
    );
}

function volumeOutputs(
    prefix: string,
    volume: string,
    { mode }: VolumeArgs,
    weights: Readonly<Record<string, number>>,
): VolumeOutputs {
    const bySlot = mapEntries({ ...weights }, (slot) =>
        names.volume(prefix, volume, mode === "shared" ? undefined : slot),
    );
    return { current: bySlot[heaviest(weights) ?? ""] ?? "", bySlot };
}

function endpointOf(
    { traffic }: BlueGreenEnvironmentArgs,
    host: pulumi.Input<string> | undefined,
    prefix: pulumi.Output<string>,
): pulumi.Output<string> {
    return pulumi.all([traffic?.listen, host, prefix]).apply(([listen, engine, own]) => {
        if (listen === undefined) return `http://${names.router(own)}:${routerPorts.public}`;
        const read = readListen(listen);
        if (!("port" in read)) return "";
        return `http://${hostName(read.address, engine)}:${read.port}`;
    });
}

/** The engine's own machine, where the router listens on all of its addresses. */
function hostName(address: string, engine: string | undefined): string {
    if (address.includes(":")) return `[${address}]`;
    if (address !== "0.0.0.0") return address;
    const remote =
        engine !== undefined && /^(ssh|tcp):/.test(engine) ? new URL(engine).hostname : "";
    return remote || "localhost";
}

function mapValues<Value, Result>(
    map: Record<string, Value>,
    change: (value: Value) => Result,
): Record<string, Result> {
    return mapEntries(map, (_name, value) => change(value));
}

function mapEntries<Value, Result>(
    map: Record<string, Value>,
    change: (name: string, value: Value) => Result,
): Record<string, Result> {
    return Object.fromEntries(
        Object.entries(map).map(([name, value]) => [name, change(name, value)]),
    );
}
