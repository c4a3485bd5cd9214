/** Physical names and labels of what an environment or a migration has on an engine. */

export const labelKeys = {
    prefix: "cutover.prefix",
    project: "cutover.project",
    stack: "cutover.stack",
    name: "cutover.name",
    role: "cutover.role",
    slot: "cutover.slot",
    volume: "cutover.volume",
    container: "cutover.container",
    digest: "cutover.digest",
    job: "cutover.job",
    by: "cutover.by",
} as const;

export type Role =
    | "router"
    | "runner"
    | "mover"
    | "source-tools"
    | "keys"
    | "link"
    | "journal"
    | "control"
    | "data"
    | "network"
    | "slot"
    | "moved";

export const journalPath = "/journal/journal.jsonl";
/** Ids of the slot containers that Pulumi's state has: any other that never ran is a left-over. */
export const knownPath = "/journal/known.json";
/** In a slot's new volume until it is first written to: Docker fills an empty one at `docker create`. */
export const parkedMark = ".cutover-parked";
/** Left beside the journal by `abort`: for one job, so that one which came too late is not for the next. */
export const abortPath = (job: string) => `/journal/abort-${job}`;

/** Where a runner keeps the key of its link: a volume of its own. */
export const keysPath = "/keys";
/** Beside the key: whom a runner at the source keeps from writing. */
export const frozenPath = `${keysPath}/frozen.json`;
/** The port that a runner's link listens on in its container; on its host it is another one. */
export const linkPort = 7411;
/** A volume that a runner shares with its mover: connections to the other host. */
export const linkPath = "/link";
export const linkSockets = {
    /** To the tools at the source; on the source's host these listen there themselves. */
    tools: `${linkPath}/tools.sock`,
    /** To the source's runner. */
    engine: `${linkPath}/engine.sock`,
    /** Connections that come by the machine that runs Pulumi. */
    relay: `${linkPath}/relay.sock`,
} as const;

export const names = {
    router: (prefix: string) => `${prefix}-router`,
    /** Also the lock: one name, one runner. */
    runner: (prefix: string) => `${prefix}-runner`,
    /** On the source's engine, where that is another one. */
    source: (prefix: string) => `${prefix}-source`,
    /** Of the link between two runners: a key, and sockets that a runner shares with its mover. */
    keys: (prefix: string) => `${prefix}-keys`,
    link: (prefix: string) => `${prefix}-link`,
    journal: (prefix: string) => `${prefix}-journal`,
    control: (prefix: string) => `${prefix}-control`,
    network: (prefix: string, slot: string) => `${prefix}-${slot}`,
    volume: (prefix: string, volume: string, slot: string | undefined) =>
        slot === undefined ? `${prefix}-${volume}` : `${prefix}-${volume}-${slot}`,
    container: (prefix: string, slot: string, key: string, digest: string) =>
        `${prefix}-${slot}-${key}-${digest.slice(0, 8)}`,
    /** What the new container of a move has instead of a volume. An anonymous one has 64 hexadecimal digits. */
    movedVolume: (prefix: string, volume: string) =>
        `${prefix}-${/^[0-9a-f]{64}$/.test(volume) ? volume.slice(0, 12) : volume}`,
    /** A container's layer, kept by a move. */
    layerImage: (job: string) => `cutover-layer:${job}`,
    /** A container's memory, on disk while it moves. */
    checkpoint: (job: string) => `cutover-${job}`,
    /** What the slot's container that gets the traffic is called in its network. */
    trafficAlias: (slot: string) => `slot-${slot}`,
};

/** The labels of everything that belongs to one prefix. */
export function ownLabels(
    prefix: string,
    role: Role,
    more: Readonly<Record<string, string>> = {},
): Record<string, string> {
    return { [labelKeys.prefix]: prefix, [labelKeys.role]: role, ...more };
}
