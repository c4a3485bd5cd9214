import type { DockerEngine } from "./engine.js";

/**
 * How many TCP connections are open in a container's network.
 * @param image of the runner: a short-lived container of it looks, which has that network and nothing else
 */
export async function openConnections(
    engine: DockerEngine,
    container: string,
    image: string,
): Promise<number> {
    const { stdout } = await engine.runToEnd({
        image,
        entrypoint: "cat",
        command: ["/proc/net/tcp", "/proc/net/tcp6"],
        network: `container:${container}`,
        capabilities: [],
        readOnlyRoot: true,
    });
    return establishedIn(stdout);
}

/** Of the kernel's tables: `SL LOCAL REMOTE STATE …`, where state 01 is established. */
export function establishedIn(table: string): number {
    return table.split("\n").filter((line) => /^\s*\d+: \S+ \S+ 01 /.test(line)).length;
}
