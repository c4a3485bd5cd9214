import type { InputProblem } from "../../engine/errors.js";
import type { ContainerFacts } from "../../platforms/docker/facts.js";
import type { Inspection } from "../../platforms/docker/inspection.js";
import { mapIn } from "../../platforms/docker/inspection.js";
import type { Seen } from "./look.js";

/** A port of the host that a container asks for. */
export interface PublishedPort {
    address: string;
    /** 0 where the engine chooses. */
    port: number;
    protocol: string;
    /** `"80/tcp"`. */
    to: string;
}

/** The ports that a container publishes, as it was told to. */
export function publishedPorts({ host }: Pick<Inspection, "host">): PublishedPort[] {
    return Object.entries(mapIn(host, "PortBindings")).flatMap(([to, bindings]) => {
        const list = Array.isArray(bindings) ? bindings : [];
        const protocol = to.split("/")[1] ?? "tcp";
        return list.map(({ HostIp, HostPort }: { HostIp?: string; HostPort?: string }) => ({
            address: HostIp || "0.0.0.0",
            port: Number(HostPort || 0),
            protocol,
            to,
        }));
    });
}

/** Ports that others than the container itself hold on its engine. */
export function portProblems({ source, running }: Seen): InputProblem[] {
    const others = running.filter(({ id }) => id !== source.id);
    return publishedPorts(source).flatMap((wanted) => {
        if (wanted.port === 0) return [];
        const holder = others.find((one) => holds(one, wanted));
        if (!holder) return [];
        const problem = `port ${wanted.port} is in use by ${holder.name}`;
        return [{ path: "to", problem, instead: `stop ${holder.name}` }];
    });
}

/** Docker's facts have no protocol: a port that is held for another one is looked at as free by the engine itself. */
function holds({ publishes }: ContainerFacts, wanted: PublishedPort): boolean {
    return publishes.some(
        ({ port, address }) =>
            wanted.protocol === "tcp" &&
            port === wanted.port &&
            (isAny(address) || isAny(wanted.address) || address === wanted.address),
    );
}

function isAny(address: string): boolean {
    return address === "0.0.0.0" || address === "::";
}
