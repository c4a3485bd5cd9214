import type { InputProblem } from "../../engine/errors.js";
import { listIn } from "../../platforms/docker/inspection.js";
import type { Seen } from "./look.js";

/** What of a container or its engine keeps its memory from being carried, as far as it is seen without a trial. */
export function memoryProblems({ source, engine }: Seen): InputProblem[] {
    const { config, host, name } = source;
    const reasons: string[] = [];
    if (config.Tty === true) reasons.push("has a terminal (-t)");
    if (host.Privileged === true) reasons.push("is privileged");
    for (const list of ["Devices", "DeviceRequests"])
        if (listIn(host, list).length > 0) reasons.push("has devices, such as a GPU");
    if (/^(host|container:)/.test(host.NetworkMode))
        reasons.push("has the network of the host or of another container");
    for (const [key, of] of [
        ["PidMode", "processes"],
        ["IpcMode", "shared memory"],
        ["UTSMode", "host name"],
    ] as const) {
        if (/^(host|container:)/.test(String(host[key] ?? "")))
            reasons.push(`shares the ${of} of the host or of another container`);
    }
    const instead = 'write memory: "none"';
    const problems = [...new Set(reasons)].map((reason) => ({
        path: "memory",
        problem: `${name} ${reason}, which CRIU does not carry`,
        instead,
    }));
    if (engine.experimental) return problems;
    const problem = 'the engine does not have "experimental" set';
    const next = `set "experimental": true in its daemon.json and restart it, or ${instead}`;
    return [...problems, { path: "memory", problem, instead: next }];
}
