import type { Duplex } from "node:stream";
import { CutoverError } from "../../engine/errors.js";

/** What travels over one connection, which serves one call of a tool. */
export const frames = {
    /** First of all: the call, as JSON. */
    call: 0,
    stdin: 1,
    stdinEnd: 2,
    kill: 3,
    stdout: 4,
    stderr: 5,
    /** Last of all: how it ended, as JSON. */
    ended: 6,
    /** Nothing to say, but still there. */
    alive: 7,
} as const;

export type FrameType = (typeof frames)[keyof typeof frames];

/** The connection to the other host broke, or fell silent: what was under way may be tried again. */
export class LinkLost extends CutoverError {}

/** One byte of type, four of length. */
const headLength = 5;
/** Calls and ends are short; the bytes of streams come in any portion. */
const longestMessage = 1 << 20;

/** Milliseconds. Half-open connections show by silence: TCP itself would wait for hours. */
const aliveEvery = 5_000;
const silentFor = 30_000;

export interface FrameHandlers {
    /** A piece of a stream; returns false when it has enough for now, and then calls `resume`. */
    bytes(type: FrameType, piece: Buffer): boolean;
    /** A whole message. */
    message(type: FrameType, payload: Buffer): void;
    /** The connection is over; called once. */
    over(error: Error | undefined): void;
}

/** Cuts a connection into frames, with back-pressure in both directions and a sign of life in between. */
export class FrameChannel {
    private head = Buffer.alloc(0);
    private left = 0;
    private type: FrameType = frames.alive;
    private message: Buffer[] = [];
    private heard = Date.now();
    private said = Date.now();
    private beaten = Date.now();
    private readonly pulse: NodeJS.Timeout;
    private isOver = false;

    constructor(
        private readonly stream: Duplex,
        private readonly handlers: FrameHandlers,
    ) {
        stream.on("data", (chunk: Buffer) => this.read(chunk));
        stream.on("error", (error) => this.end(error));
        stream.on("end", () => this.end(undefined));
        stream.on("close", () => this.end(undefined));
        this.pulse = setInterval(() => this.beat(), aliveEvery / 2);
        this.pulse.unref();
    }

    /** Resolves when there is room for more. */
    async send(type: FrameType, payload: Buffer = Buffer.alloc(0)): Promise<void> {
        if (this.isOver) return;
        const head = Buffer.allocUnsafe(headLength);
        head.writeUInt8(type, 0);
        head.writeUInt32BE(payload.length, 1);
        this.said = Date.now();
        this.stream.cork();
        this.stream.write(head);
        const room = payload.length === 0 || this.stream.write(payload);
        this.stream.uncork();
        if (!room) await this.drained();
    }

    sendJson(type: FrameType, value: unknown): Promise<void> {
        return this.send(type, Buffer.from(JSON.stringify(value)));
    }

    /** After a handler of bytes returned false. */
    resume(): void {
        this.heard = Date.now();
        this.stream.resume();
    }

    /** Ends it when all is sent. */
    finish(): void {
        this.stream.end();
    }

    destroy(error?: Error): void {
        this.stream.destroy(error);
        this.end(error);
    }

    private drained(): Promise<void> {
        return new Promise((resolve) => {
            const done = () => {
                this.stream.off("drain", done).off("close", done);
                resolve();
            };
            this.stream.on("drain", done).on("close", done);
        });
    }

    private beat(): void {
        const now = Date.now();
        // This process itself stood still: what came meanwhile has not been read yet.
        if (now - this.beaten > 2 * aliveEvery) this.heard = now;
        this.beaten = now;
        if (now - this.said >= aliveEvery && this.stream.writable) void this.send(frames.alive);
        if (this.stream.isPaused() || now - this.heard < silentFor) return;
        this.destroy(new LinkLost(`the other host said nothing for ${silentFor / 1_000} seconds`));
    }

    private read(chunk: Buffer): void {
        this.heard = Date.now();
        let rest = chunk;
        while (rest.length > 0 && !this.isOver) {
            if (this.left === 0) rest = this.readHead(rest);
            else rest = this.readBody(rest);
        }
    }

    private readHead(chunk: Buffer): Buffer {
        const bytes = this.head.length > 0 ? Buffer.concat([this.head, chunk]) : chunk;
        if (bytes.length < headLength) {
            this.head = Buffer.from(bytes);
            return Buffer.alloc(0);
        }
        this.head = Buffer.alloc(0);
        this.type = bytes.readUInt8(0) as FrameType;
        this.left = bytes.readUInt32BE(1);
        if (!isStream(this.type) && this.left > longestMessage) {
            this.destroy(new LinkLost("the other host sent what is no message"));
            return Buffer.alloc(0);
        }
        if (this.left === 0) this.messageEnds();
        return bytes.subarray(headLength);
    }

    private readBody(chunk: Buffer): Buffer {
        const piece = chunk.subarray(0, this.left);
        this.left -= piece.length;
        if (!isStream(this.type)) {
            this.message.push(piece);
            if (this.left === 0) this.messageEnds();
        } else if (!this.handlers.bytes(this.type, piece)) this.stream.pause();
        return chunk.subarray(piece.length);
    }

    private messageEnds(): void {
        const payload = Buffer.concat(this.message);
        this.message = [];
        if (this.type !== frames.alive && !isStream(this.type))
            this.handlers.message(this.type, payload);
    }

    private end(error: Error | undefined): void {
        if (this.isOver) return;
        this.isOver = true;
        clearInterval(this.pulse);
        this.handlers.over(error);
    }
}

function isStream(type: FrameType): boolean {
    return type === frames.stdin || type === frames.stdout || type === frames.stderr;
}
