import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * A port of 127.0.0.1 that is free now. Below those that the kernel hands out to outgoing connections (from 32768 on,
 * `net.ipv4.ip_local_port_range`): one of these may be taken at any moment between this look and the one who listens.
 */
export async function freePort(): Promise<number> {
    for (;;) {
        const port = randomInt(10_000, 32_768);
        if (await isFree(port)) return port;
    }
}

function isFree(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const server = createServer();
        server.once("error", () => resolve(false));
        server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
}
