import type { DockerEngine } from "../platforms/docker/engine.js";
import { names } from "../platforms/docker/names.js";
import { HaproxyRouter } from "../traffic/haproxy/haproxy-router.js";
import type { TrafficObserved } from "../traffic/router.js";

/** What the router says, over `docker exec`: this process cannot open the router's socket. */
export async function observedTraffic(
    engine: DockerEngine,
    prefix: string,
): Promise<TrafficObserved | undefined> {
    const argv = ["socat", "-t10", "-", "UNIX-CONNECT:/cutover/haproxy.sock"];
    const transport = async (line: string) =>
        (await engine.exec(names.router(prefix), argv, { stdin: `${line}\n`, timeout: 10_000 }))
            .stdout;
    return new HaproxyRouter({ transport }).observe().catch(() => undefined);
}
