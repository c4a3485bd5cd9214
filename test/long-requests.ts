import { connect, type Socket } from "node:net";

/** An upload that sends a byte every 50 ms, until it is told to end. */
export interface SlowUpload {
    socket: Socket;
    /** Whether it was cut off; false is an answer of 200. */
    cut: Promise<boolean>;
    /** Sends the rest at once. */
    end(): void;
}

const uploadLength = 3000;

/** @param key the first word of its body */
export function slowUpload(port: number, key = ""): SlowUpload {
    const socket = connect(port, "127.0.0.1");
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${uploadLength}\r\n\r\n${key} `);
    let sent = key.length + 1;
    const timer = setInterval(() => {
        if (sent < uploadLength - 100) {
            socket.write("x");
            sent++;
        }
    }, 50);
    socket.on("error", () => {});
    const cut = new Promise<boolean>((resolve) => {
        socket.on("data", (chunk) => resolve(!String(chunk).startsWith("HTTP/1.1 200")));
        socket.on("close", () => {
            clearInterval(timer);
            resolve(true);
        });
    });
    const end = () => {
        clearInterval(timer);
        socket.write("x".repeat(uploadLength - sent));
    };
    return { socket, cut, end };
}

/** A connection that was upgraded and never ends by itself: what is sent comes back. */
export interface Upgraded {
    closed: Promise<void>;
    echo(text: string): Promise<string>;
    end(): void;
}

export async function upgraded(port: number): Promise<Upgraded> {
    const socket = connect(port, "127.0.0.1");
    const next = () =>
        new Promise<string>((resolve) => socket.once("data", (data) => resolve(String(data))));
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => {});
    const answer = next();
    socket.write(
        "GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    const first = await answer;
    if (!first.startsWith("HTTP/1.1 101")) throw new Error(`no upgrade: ${first}`);
    return {
        closed,
        echo(text) {
            const back = next();
            socket.write(text);
            return back;
        },
        end: () => socket.destroy(),
    };
}
