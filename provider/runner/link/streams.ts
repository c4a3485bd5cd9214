import { connect, type Server } from "node:net";
import type { Duplex } from "node:stream";

/** Joins two connections to one; when either breaks, so does the other. One that ends well is written out first. */
export function join(one: Duplex, other: Duplex): void {
    one.pipe(other);
    other.pipe(one);
    one.on("error", () => other.destroy()).on("close", () => one.readableEnded || other.destroy());
    other.on("error", () => one.destroy()).on("close", () => other.readableEnded || one.destroy());
}

/** Resolves when a server listens, at a port or at a socket's path. */
export function listening(server: Server, at: number | string): Promise<Server> {
    return new Promise((resolve, reject) => {
        // It stays: one that fails later must not end the process.
        server.on("error", reject);
        server.listen(at, () => resolve(server));
    });
}

/** Longer than any line of ours. */
const longestLine = 1_000;

/** The first line of a connection; what comes after it stays in the stream. Undefined when it ends before. */
export function firstLine(stream: Duplex): Promise<string | undefined> {
    return new Promise((resolve) => {
        let text = Buffer.alloc(0);
        const settle = (line: string | undefined) => {
            stream.off("readable", read).off("close", gone).off("end", gone);
            resolve(line);
        };
        const gone = () => settle(undefined);
        const read = () => {
            for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) {
                text = Buffer.concat([text, chunk as Buffer]);
                const end = text.indexOf(10);
                if (end < 0 && text.length > longestLine) {
                    stream.destroy();
                    return settle(undefined);
                }
                if (end < 0) continue;
                const rest = text.subarray(end + 1);
                settle(text.subarray(0, end).toString());
                if (rest.length > 0) stream.unshift(rest);
                return;
            }
        };
        stream.on("readable", read).on("close", gone).on("end", gone);
        read();
    });
}

/** Opens a connection within a time. */
export function dial(host: string, port: number, within: number): Promise<Duplex> {
    return opened(
        connect({ host, port, keepAlive: true, keepAliveInitialDelay: 10_000, noDelay: true }),
        within,
    );
}

/** The same to a socket of this machine. */
export function dialSocket(path: string, within = 5_000): Promise<Duplex> {
    return opened(connect(path), within);
}

function opened(socket: ReturnType<typeof connect>, within: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => socket.destroy(new Error("no answer")), within);
        socket.once("error", (error) => {
            clearTimeout(timer);
            reject(error);
        });
        socket.once("connect", () => {
            clearTimeout(timer);
            socket.on("error", () => {});
            resolve(socket);
        });
    });
}
