import { fork } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer } from "ws";

/** One request as a slot saw it. */
export interface Seen {
    method: string;
    path: string;
    bytes: number;
    /** False while its body still comes, and for good when it was cut off. */
    whole: boolean;
    at: number;
}

/** A slot of the tests: tells its name, keeps what it saw, and can be slow or gone. */
export interface SlotServer {
    name: string;
    port: number;
    seen: Seen[];
    /** Requests whose path starts with /slow are answered after so many milliseconds. */
    slowness: number;
    /** Stops listening and cuts what is open. */
    stop(): Promise<void>;
}

export async function startSlot(name: string, port = 0): Promise<SlotServer> {
    const slot: SlotServer = { name, port: 0, seen: [], slowness: 500, stop: async () => {} };
    const server = createServer((request, answer) => {
        const { method = "", url = "" } = request;
        const seen: Seen = { method, path: url, bytes: 0, whole: false, at: Date.now() };
        slot.seen.push(seen);
        request.on("data", (chunk: Buffer) => {
            seen.bytes += chunk.length;
        });
        request.on("end", () => {
            seen.whole = true;
            const text = `${name}\n`;
            const head = { "x-slot": name, "content-length": text.length };
            const wait = url.startsWith("/slow") ? slot.slowness : 0;
            setTimeout(() => answer.writeHead(200, head).end(text), wait);
        });
    });
    // Idle connections end only with the server: what a slot does with them is not the matter here.
    server.keepAliveTimeout = 0;
    echoUpgrades(server, name);
    const sockets = new Set<Socket>();
    server.on("connection", (socket) => {
        sockets.add(socket);
        socket.on("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    slot.port = (server.address() as AddressInfo).port;
    slot.stop = () =>
        new Promise((resolve) => {
            server.close(() => resolve());
            for (const socket of sockets) socket.destroy();
        });
    return slot;
}

function echoUpgrades(server: Server, name: string): void {
    new WebSocketServer({ server }).on("connection", (socket) => {
        socket.on("message", (data) => socket.send(`${name}: ${data}`));
        socket.on("error", () => {});
    });
}

/** A slot in a process of its own, for load: it ends with `stop`, or with this process. */
export async function startSlotProcess(name: string): Promise<SlotServer> {
    const child = fork("test/traffic/slot-process.mjs", [name], {
        stdio: ["ignore", "pipe", "inherit", "ipc"],
        execArgv: [],
    });
    const port = await new Promise<number>((resolve, reject) => {
        child.stdout?.once("data", (text) => resolve(Number(text)));
        child.once("error", reject);
        child.once("exit", (code) => reject(new Error(`the slot ${name} ended with ${code}`)));
    });
    const stop = () =>
        new Promise<void>((resolve) => {
            child.once("exit", () => resolve());
            child.kill("SIGKILL");
        });
    return { name, port, seen: [], slowness: 0, stop };
}
