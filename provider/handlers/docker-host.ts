import { input, Refusal } from "./input-shape.js";

const forms =
    'write it as DOCKER_HOST has it: "ssh://deploy@shop-1", "unix:///var/run/docker.sock" or ' +
    '"tcp://10.0.0.5:2376"';

/** A Docker engine, as DOCKER_HOST has it. Its text is never printed: it may hold a password. */
export function dockerHostLeaf() {
    return input<string>(forms, (value) => {
        if (typeof value !== "string") return new Refusal("must be a text");
        const problem = dockerHostProblem(value);
        return problem ? new Refusal(problem.problem, problem.instead) : value;
    });
}

/** Why a text names no Docker engine, or undefined when it does. */
export function dockerHostProblem(text: string): { problem: string; instead?: string } | undefined {
    const [, scheme, rest] = /^([a-z]+):\/\/([^\s\p{Cc}]*)$/u.exec(text) ?? [];
    if (scheme === undefined || rest === undefined) {
        return { problem: "is not the address of a Docker engine" };
    }
    if (!["ssh", "unix", "tcp"].includes(scheme)) {
        return { problem: "has a scheme that is not supported" };
    }
    if (rest === "") return { problem: `names no engine after ${scheme}://` };
    if (scheme === "unix") return rest.startsWith("/") ? undefined : relativeSocket;
    return addressProblem(rest);
}

const relativeSocket = { problem: "is not an absolute path to a socket" };

function addressProblem(rest: string): { problem: string; instead?: string } | undefined {
    const authority = rest.split("/", 1)[0] ?? "";
    const at = authority.lastIndexOf("@");
    const user = authority.slice(0, Math.max(at, 0));
    const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*)(?::(\d+))?$/.exec(
        authority.slice(at + 1),
    ) ?? [undefined, "", undefined];
    if (user.includes(":")) {
        return { problem: "holds a password", instead: "leave it out, and use an SSH key" };
    }
    // a leading "-" would reach ssh as an option
    if (!host || host.startsWith("-") || user.startsWith("-") || Number(port ?? 1) > 65535) {
        return { problem: "is not the address of a Docker engine" };
    }
    return undefined;
}
