import { connect, type Socket } from "node:net";

/** One request of the load. */
export interface LoadRequest {
    method: string;
    path: string;
    body?: string;
    headers?: Record<string, string>;
}

export interface LoadAnswer {
    status: number;
    /** Names in lower case. */
    headers: Record<string, string>;
    body: string;
}

export interface LoadOptions {
    port: number;
    /** @default "127.0.0.1" */
    host?: string;
    /** Keep-alive connections, each with one request at a time. */
    connections: number;
    /** Ends by itself after so many requests. Without it, `stop` ends it. */
    requests?: number;
    /** Requests per second, all connections together. As fast as answers come by default. */
    rate?: number;
    /** The next request. GET / and POST / with a body of 1 KiB in turns by default. */
    request?: (index: number) => LoadRequest;
    /** Whether an answer is right. A status of 2xx by default. */
    right?: (answer: LoadAnswer, request: LoadRequest) => boolean;
    /** Called for each answer that is right. */
    onAnswer?: (answer: LoadAnswer, request: LoadRequest) => void;
    /** Which slot answered. The header `x-slot` by default. */
    slotOf?: (answer: LoadAnswer) => string;
}

/** What came of it. A request still open when the load stops is waited for, never counted out. */
export interface LoadReport {
    sent: number;
    failed: number;
    /** The first failures, each with its request. */
    failures: string[];
    bySlot: Record<string, number>;
    /** Milliseconds. */
    longestWait: number;
    /** Milliseconds, of all answers. */
    p50: number;
    p99: number;
    seconds: number;
}

export interface Load {
    /** As far as it is now. */
    readonly sent: number;
    readonly failed: number;
    /** No new requests; resolves when all open ones have ended. */
    stop(): Promise<LoadReport>;
    /** Resolves when `requests` are done, or after `stop`. */
    readonly ended: Promise<LoadReport>;
}

const kibibyte = "x".repeat(1024);
const inTurns = (index: number): LoadRequest =>
    index % 2 === 0 ? { method: "GET", path: "/" } : { method: "POST", path: "/", body: kibibyte };

/** Constant load over plain HTTP/1.1, on raw sockets so that one core makes enough of it. */
export function startLoad(options: LoadOptions): Load {
    const run = new LoadRun(options);
    const ended = run.go();
    return {
        get sent() {
            return run.sent;
        },
        get failed() {
            return run.failed;
        },
        stop: () => {
            run.stopping = true;
            return ended;
        },
        ended,
    };
}

class LoadRun {
    sent = 0;
    failed = 0;
    stopping = false;
    private readonly failures: string[] = [];
    private readonly bySlot: Record<string, number> = {};
    private readonly waits: number[] = [];

    constructor(private readonly options: LoadOptions) {}

    async go(): Promise<LoadReport> {
        const start = performance.now();
        const lanes = Array.from({ length: this.options.connections }, (_, lane) =>
            this.lane(lane, start),
        );
        await Promise.all(lanes);
        const waits = Float64Array.from(this.waits).sort();
        const at = (share: number) =>
            waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0;
        return {
            sent: this.sent,
            failed: this.failed,
            failures: this.failures,
            bySlot: this.bySlot,
            longestWait: waits.at(-1) ?? 0,
            p50: at(0.5),
            p99: at(0.99),
            seconds: (performance.now() - start) / 1000,
        };
    }

    private async lane(lane: number, start: number): Promise<void> {
        const { host = "127.0.0.1", port, connections, rate, requests } = this.options;
        const connection = new Connection(host, port);
        const interval = rate === undefined ? 0 : (1000 * connections) / rate;
        for (let turn = 0; !this.stopping; turn++) {
            if (interval > 0) await until(start + (turn + lane / connections) * interval);
            if (this.stopping || (requests !== undefined && this.sent >= requests)) break;
            await this.one(connection);
        }
        connection.close();
    }

    private async one(connection: Connection): Promise<void> {
        const request = (this.options.request ?? inTurns)(this.sent++);
        const start = performance.now();
        try {
            const answer = await connection.send(request);
            this.waits.push(performance.now() - start);
            const right = this.options.right ?? (({ status }) => status >= 200 && status < 300);
            if (!right(answer, request)) throw new Error(`answered ${answer.status}`);
            const slot =
                this.options.slotOf?.(answer) ?? answer.headers["x-slot"] ?? "no slot named";
            this.bySlot[slot] = (this.bySlot[slot] ?? 0) + 1;
            this.options.onAnswer?.(answer, request);
        } catch (error) {
            this.failed++;
            const what = `${request.method} ${request.path}: ${(error as Error).message}`;
            if (this.failures.length < 20) {
                const after = Math.round(performance.now() - start);
                this.failures.push(`${new Date().toISOString()} ${what} after ${after} ms`);
            }
            // What refuses connections is asked again at a rate that leaves the machine usable.
            await until(performance.now() + 20);
        }
    }
}

async function until(time: number): Promise<void> {
    const wait = time - performance.now();
    if (wait > 0.5) await new Promise((resolve) => setTimeout(resolve, wait));
}

interface Waiting {
    resolve: (answer: LoadAnswer) => void;
    reject: (error: Error) => void;
    method: string;
}

/** One keep-alive connection; opened anew after the other side closed it between two requests. */
export class Connection {
    private socket: Socket | undefined;
    private received: Buffer = Buffer.alloc(0);
    private waiting: Waiting | undefined;

    constructor(
        private readonly host: string,
        private readonly port: number,
    ) {}

    send({ method, path, body, headers = {} }: LoadRequest): Promise<LoadAnswer> {
        const lines = [`${method} ${path} HTTP/1.1`, `Host: ${this.host}:${this.port}`];
        for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
        if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
        return new Promise((resolve, reject) => {
            this.waiting = { resolve, reject, method };
            this.socket ??= this.open();
            this.socket.write(`${lines.join("\r\n")}\r\n\r\n${body ?? ""}`);
        });
    }

    close(): void {
        this.socket?.destroy();
        this.socket = undefined;
    }

    private open(): Socket {
        const socket = connect({ host: this.host, port: this.port, noDelay: true });
        this.received = Buffer.alloc(0);
        const gone = (why: string) => {
            if (this.socket !== socket) return;
            this.socket = undefined;
            if (this.finish(true)) return;
            this.waiting?.reject(new Error(why));
            this.waiting = undefined;
        };
        socket.on("data", (chunk: Buffer) => {
            this.received =
                this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
            this.finish(false);
        });
        socket.on("error", (error: NodeJS.ErrnoException) => gone(error.code ?? error.message));
        socket.on("close", () => gone("connection closed without an answer"));
        return socket;
    }

    /** Takes a whole answer off what was received. */
    private finish(ended: boolean): boolean {
        if (this.waiting === undefined) return false;
        const answer = parseAnswer(this.received, this.waiting.method, ended);
        if (answer === undefined) return false;
        const { resolve } = this.waiting;
        this.waiting = undefined;
        this.received = this.received.subarray(answer.length);
        if (answer.headers.connection?.toLowerCase() === "close") this.close();
        resolve(answer);
        return true;
    }
}

function parseAnswer(
    received: Buffer,
    method: string,
    ended: boolean,
): (LoadAnswer & { length: number }) | undefined {
    const end = received.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const [first, ...lines] = received.toString("latin1", 0, end).split("\r\n");
    const status = Number(first?.split(" ")[1]);
    const headers: Record<string, string> = {};
    for (const line of lines) {
        const colon = line.indexOf(":");
        headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const start = end + 4;
    if (method === "HEAD" || status === 204 || status === 304) {
        return { status, headers, body: "", length: start };
    }
    if (headers["transfer-encoding"] === "chunked")
        return chunked(received, start, status, headers);
    const stated = headers["content-length"];
    if (stated === undefined && !ended) return undefined;
    const length = stated === undefined ? received.length : start + Number(stated);
    if (received.length < length) return undefined;
    return { status, headers, body: received.toString("utf8", start, length), length };
}

function chunked(
    received: Buffer,
    start: number,
    status: number,
    headers: Record<string, string>,
): (LoadAnswer & { length: number }) | undefined {
    const parts: Buffer[] = [];
    for (let at = start; ; ) {
        const line = received.indexOf("\r\n", at);
        if (line < 0) return undefined;
        const size = Number.parseInt(received.toString("latin1", at, line), 16);
        at = line + 2 + size + 2;
        if (received.length < at) return undefined;
        if (size === 0) {
            return { status, headers, body: Buffer.concat(parts).toString("utf8"), length: at };
        }
        parts.push(received.subarray(line + 2, line + 2 + size));
    }
}
