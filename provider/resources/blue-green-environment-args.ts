import type * as pulumi from "@pulumi/pulumi";
import type { Duration } from "../engine/units.js";
import type { VolumeMode } from "../handlers/environment/declaration.js";
import type { ContainerSpec } from "./container-spec.js";
import type { PassesArgs } from "./passes.js";
import type { DockerVolumeRefArgs } from "./volume-ref.js";

/**
 * What a program says of an environment of two slots, of which one serves.
 *
 * `platform`, the names in maps, `mode` and `weights` must be known in preview; every other leaf
 * takes an output. Everything that is wrong is reported at once, by property path, before anything
 * is touched. Names of slots, containers and volumes are 1 to 31 lower-case letters, digits and
 * hyphens, the first one no hyphen.
 *
 * A secret is refused everywhere but in the arguments of a container: plans and journals would hold
 * it in clear.
 *
 * After creation these are fixed: `platform`, `docker.host`, the names of slots, the names of
 * `volumes` and their `mounts`, `traffic.listen` and `traffic.to`. To change one, declare a new
 * environment seeded from this one.
 *
 * @example
 * new cutover.BlueGreenEnvironment("shop", {
 *     platform: "docker",
 *     slots: {
 *         blue: { containers: { web: { image: "shop:1.4" } } },
 *         green: { containers: { web: { image: "shop:2.0" } } },
 *     },
 *     volumes: { data: { mounts: { web: "/var/lib/shop" } } },
 *     traffic: {
 *         listen: 8080,
 *         to: { container: "web", port: 3000 },
 *         weights: { blue: 100, green: 0 },
 *     },
 *     health: { path: "/healthz" },
 * });
 */
export interface BlueGreenEnvironmentArgs {
    /** Where it runs. `"kubernetes"` is refused as not built yet. */
    platform: "docker";
    /**
     * The Docker engine, for the containers and for the hand-over alike. A Docker provider in the
     * resource's options is refused.
     *
     * @default the stack's configuration, else DOCKER_HOST, else the local engine
     */
    docker?: DockerArgs;
    /** One or two slots by name, `blue` and `green` by habit. The other one may be absent. */
    slots: Record<string, SlotArgs>;
    /**
     * Volumes by name. Each slot has one real volume of each (with `mode: "shared"` they have one
     * together).
     *
     * @default no state
     */
    volumes?: Record<string, VolumeArgs>;
    /** Where requests come in, where they go, and how they are shared out. */
    traffic: TrafficArgs;
    /**
     * When a slot counts as healthy.
     *
     * @default { path: "/", healthyAfter: 3, timeout: "60 seconds" }
     */
    health?: HealthArgs;
    /**
     * What a hand-over may take, and what becomes of a rollback.
     *
     * @default see HandoverArgs
     */
    handover?: HandoverArgs;
    /** Takes over a container that was started by hand or by others, once. */
    adopt?: AdoptArgs;
    /**
     * A ready-made runner image, for an engine that cannot build one. It must be of the same
     * version as this package.
     *
     * @default built by this package on first use
     */
    runnerImage?: pulumi.Input<string>;
    /**
     * A ready-made HAProxy image for the router, with `socat` and `curl` in it. A new router
     * interrupts the traffic, so a change of this is refused while there is one: consent by
     * removing the router's container right before `pulumi up`, which makes it anew.
     *
     * @default built by this package on first use
     */
    routerImage?: pulumi.Input<string>;
}

/** The Docker engine that an environment lives on. */
export interface DockerArgs {
    /**
     * As DOCKER_HOST has it: `ssh://[user@]host[:port]`, `unix:///path` or `tcp://host:port`. An
     * address with a password in it is refused: use an SSH key. Fixed after creation.
     *
     * @default the stack's configuration, else DOCKER_HOST, else the local engine
     * @example "ssh://deploy@shop-1"
     */
    host?: pulumi.Input<string>;
}

/**
 * One of the two colours: all containers of a release.
 *
 * @example { containers: { web: { image: "shop:2.0" }, cache: { image: "redis:7" } } }
 */
export interface SlotArgs {
    /** Containers by name; in the slot's own network that name is the host name. At least one. */
    containers: Record<string, ContainerSpec>;
    /**
     * Containers that take work without the router, such as a queue's worker. They run only in the
     * slot with most weight. The container that gets the traffic cannot be one of them.
     *
     * @default none
     * @example ["worker"]
     */
    background?: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * State that goes with the traffic.
 *
 * @example { mounts: { web: "/var/lib/shop", backup: { path: "/data", readOnly: true } } }
 */
export interface VolumeArgs {
    /**
     * Container → where the volume is mounted in it. Each container must exist in every slot. Paths
     * are absolute and in their shortest form, and no two volumes share one in one container. Fixed
     * after creation.
     */
    mounts: Record<string, pulumi.Input<string> | MountArgs>;
    /**
     * Who may write:
     *
     * - `"handover"`: one slot. The data follow the traffic, so weights are 100 and 0.
     * - `"clone"`: while weights are split, the slot with less weight works on a copy that is
     *   thrown away. What canary users write there is lost, so `acknowledge` or `safeMethodsOnly`
     *   is needed then.
     * - `"shared"`: both slots write to one volume at the same time, start-up writes included. Only
     *   for programs that are made for that.
     *
     * To and from `"shared"` it cannot be changed after creation: that is another real volume. The
     * other change is one of the router, as that of `routerImage` is.
     *
     * @default "handover"
     */
    mode?: VolumeMode;
    /**
     * A volume whose data this one starts with, the first time only. It is only read, and is on the
     * environment's own engine.
     *
     * @default empty, filled once from the image where the image has files at that path
     * @example { docker: { volume: "shop-data" } }
     */
    seed?: DockerVolumeRefArgs;
    /**
     * What becomes of the data when the environment is destroyed: `"keep"`, and a later `up` finds
     * them again, or `"delete"`, for good.
     *
     * @default "keep"
     */
    onDestroy?: pulumi.Input<"keep" | "delete">;
    /**
     * Says that losing what canary users write is meant. For `mode: "clone"` only, and needed there
     * for split weights unless `safeMethodsOnly` is true.
     */
    acknowledge?: pulumi.Input<"canary writes are discarded">;
    /**
     * The canary gets GET, HEAD and OPTIONS only, everything else goes to the slot with the real
     * data. For `mode: "clone"` only.
     *
     * @default false
     */
    safeMethodsOnly?: pulumi.Input<boolean>;
}

/** Where a volume is mounted, and whether the container may write to it. */
export interface MountArgs {
    /** Absolute path in the container, without `.`, `..`, `//` and a last `/`. */
    path: pulumi.Input<string>;
    /** @default false */
    readOnly?: pulumi.Input<boolean>;
}

/**
 * The router: where requests come in, where they go, and how they are shared out.
 *
 * @example { listen: 8080, to: { container: "web", port: 3000 }, weights: { blue: 90, green: 10 } }
 */
export interface TrafficArgs {
    /**
     * A port of the host, open on all of its IPv4 addresses, or an IP address and a port:
     * `"127.0.0.1:8080"`, `"[::1]:8080"`. May be absent where `networks` put the router behind a
     * proxy of your own. Fixed after creation.
     */
    listen?: pulumi.Input<number | string>;
    /**
     * Docker networks that exist already and that the router joins, so that a proxy of your own
     * reaches it there.
     *
     * @default none
     * @example ["proxy"]
     */
    networks?: pulumi.Input<pulumi.Input<string>[]>;
    /** The container that gets the requests, in every slot, and its port. Fixed after creation. */
    to: TargetArgs;
    /**
     * Each slot's share of the requests: integers from 0 to 100 that add up to 100. Both slots have
     * one, that of an absent slot is 0: the router knows both names from the start, and they stay.
     * With a volume of mode `"handover"` only 100 and 0.
     *
     * Moving all of the weight is the hand-over: the data are copied, proven, and the other slot
     * takes over.
     *
     * @example { blue: 0, green: 100 }
     */
    weights: Record<string, number>;
}

/** The container that gets the requests. */
export interface TargetArgs {
    /** A container's name, the same in every slot. */
    container: pulumi.Input<string>;
    /** The port on which it takes HTTP, from 1 to 65535. It need not be published. */
    port: pulumi.Input<number>;
}

/**
 * A slot is healthy when it answered with a status from 200 to 399 several times in a row, asked
 * from the router's own place in the network.
 *
 * @example { path: "/healthz", healthyAfter: 5, timeout: "2 minutes" }
 */
export interface HealthArgs {
    /**
     * The path to ask for, starting with `/`.
     *
     * @default "/"
     */
    path?: pulumi.Input<string>;
    /**
     * How many good answers in a row, from 1 to 100.
     *
     * @default 3
     */
    healthyAfter?: pulumi.Input<number>;
    /**
     * How long a slot may take to get healthy, with its unit. After it the hand-over goes back: no
     * answer is never taken for a good one.
     *
     * @default "60 seconds"
     */
    timeout?: pulumi.Input<Duration>;
}

/**
 * What a hand-over may take, and what becomes of a rollback.
 *
 * @example { maxHold: "20 seconds", onRollback: "reverseSync" }
 */
export interface HandoverArgs {
    /**
     * The longest time for which requests wait while the data move, with its unit. When the
     * expected freeze is over half of it, the hand-over is refused before anything is held; when it
     * does not fit after all, the hand-over goes back.
     *
     * @default "30 seconds"
     */
    maxHold?: pulumi.Input<Duration>;
    /**
     * What becomes of requests that are in flight when new ones are held: open downloads, uploads
     * and WebSockets.
     *
     * @default { timeout: "5 seconds", then: "abort" }
     */
    drain?: DrainArgs;
    /**
     * What happens when weights go back to a slot whose spec did not change since it last served:
     *
     * - `"block"`: it is refused. Nothing is lost and nothing is carried to a program that may not
     *   understand it; the refusal names the other two ways.
     * - `"reverseSync"`: what the newer slot wrote is copied back, by the same steps as a release.
     *   The older program must be able to read it.
     * - `{ discard: token }`: what the newer slot wrote is dropped. The token is the one that the
     *   refusal printed, so that it holds for that one event. Refused where the older slot's volumes
     *   are no longer as it left them: a later copy took their place, or somebody removed them.
     *
     * @default "block"
     */
    onRollback?: pulumi.Input<"reverseSync" | "block"> | DiscardArgs;
    /**
     * How many live passes, and when they end.
     *
     * @default { max: 5, settle: "16 MiB" }
     */
    passes?: PassesArgs;
}

/** What becomes of requests in flight. */
export interface DrainArgs {
    /**
     * How long they may take to end by themselves, with its unit; shorter than `maxHold`, since new
     * requests wait meanwhile. `"0 seconds"` gives them no time.
     *
     * @default "5 seconds"
     */
    timeout?: pulumi.Input<Duration>;
    /**
     * What happens to those that are still open then: `"abort"` cuts them, and the report counts
     * them; `"rollback"` leaves them, and the hand-over goes back.
     *
     * @default "abort"
     */
    then?: pulumi.Input<"abort" | "rollback">;
}

/** Drops what the newer slot wrote, once. */
export interface DiscardArgs {
    /** The token that the refusal printed. It fits one state of the data only. */
    discard: pulumi.Input<string>;
}

/**
 * Takes over a container that runs today, with its volumes (name them as `seed`) and its port (name
 * it as `traffic.listen`). It is stopped, never removed; when something fails it is started again.
 *
 * @example { container: "shop", maxGap: "20 seconds" }
 */
export interface AdoptArgs {
    /** Name or id of the container. One that is gone is an error, unless it was adopted already. */
    container: pulumi.Input<string>;
    /**
     * The longest time between the old container's last answer and the first answer through the
     * router, with its unit. Requests cannot be held meanwhile, since there is no router yet:
     * connections are refused. Preview announces the gap, and it is measured. There is no default:
     * the gap is to be agreed on.
     */
    maxGap: pulumi.Input<Duration>;
}
