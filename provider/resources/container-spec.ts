import type * as docker from "@pulumi/docker";
import type { OwnedProperty } from "../handlers/environment/container-properties.js";

/**
 * One container of a slot: `docker.ContainerArgs` of `@pulumi/docker`, less what the environment
 * owns. These are refused:
 *
 * - `name`: it carries project, stack, environment, slot and release
 * - `ports`, `publishAllPorts`: the router alone has the port; write `traffic.listen` and
 *   `traffic.to`
 * - `start`, `mustRun`, `restart`, `maxRetryCount`, `rm`: the weights say which slot runs, and the
 *   slot that does not serve is kept
 * - `attach`, `logs`, `wait`, `waitTimeout`: the hand-over starts containers, not Pulumi; write
 *   `health`
 * - `networkMode`: each slot has a network of its own, in which a container's key is its host name
 *
 * Some of the rest, where it meets the environment:
 *
 * - `networksAdvanced` joins further networks beside the slot's own
 * - `mounts`, `volumes` and `tmpfs` add to the environment's volumes; a path of theirs that an
 *   environment's volume has too is refused by Docker. What is mounted here is outside of the
 *   hand-over: both slots have it, and both may write to it
 * - `labels` add to the environment's own
 * - `healthcheck` is Docker's own and decides nothing here; `health` does
 * - `stopSignal` and `stopTimeout` say how the slot is stopped at a hand-over, and a long stop is
 *   part of the hold
 * - `uploads` from a file (`source`) count as changed only when `sourceHash` changes
 *
 * A change of any property is a new release of the slot. That of the slot that serves is refused
 * unless its weight goes to 0 in the same `up`.
 *
 * @example { image: "shop:2.0", envs: ["LOG=debug"], memory: 512 }
 */
export type ContainerSpec = Omit<docker.ContainerArgs, OwnedProperty>;
