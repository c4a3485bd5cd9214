// A small service that keeps what it is sent in a file on its volume, and answers only what is on disk.
const fs = require("node:fs");
const http = require("node:http");
const { createHash } = require("node:crypto");

const version = process.env.VERSION ?? "none";
const slot = process.env.SLOT ?? "none";
const folder = process.env.DATA ?? "";
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Faults that a test plants by the environment. */
const faults = {
    startDelay: Number(process.env.START_DELAY ?? 0),
    unhealthy: process.env.UNHEALTHY === "true",
    writeAtStart: process.env.WRITE_AT_START === "true",
    exitAfter: Number(process.env.EXIT_AFTER ?? 0),
    ignoreTerm: process.env.IGNORE_TERM === "true",
};

let healthAnswers = 0;
const log = folder ? `${folder}/log` : undefined;

function append(line) {
    const file = fs.openSync(log, "a");
    fs.writeSync(file, `${line}\n`);
    fs.fsyncSync(file);
    fs.closeSync(file);
}

function health(response) {
    healthAnswers++;
    if (faults.exitAfter > 0 && healthAnswers > faults.exitAfter) process.exit(7);
    response.writeHead(faults.unhealthy ? 500 : 200).end(version);
}

async function handle(request, response) {
    response.setHeader("x-version", version);
    response.setHeader("x-slot", slot);
    const url = new URL(request.url, "http://service");
    if (url.pathname === "/healthz") return health(response);
    if (url.pathname === "/log")
        return void response.end(log && fs.existsSync(log) ? fs.readFileSync(log) : "");
    if (url.pathname === "/slow") {
        response.write("begin\n");
        await sleep(Number(url.searchParams.get("ms")));
        return void response.end("end\n");
    }
    if (request.method === "POST") {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        const body = Buffer.concat(chunks).toString();
        if (log) append(body.slice(0, 200).replace(/\n/g, " "));
        return void response.end(createHash("sha256").update(body).digest("hex"));
    }
    response.end(`hello from ${slot} ${version}\n`);
}

const server = http.createServer((request, response) => {
    handle(request, response).catch((error) => response.writeHead(500).end(String(error)));
});
server.keepAliveTimeout = 60_000;

// A WebSocket handshake and an echo of raw bytes: enough for a connection that never ends by itself.
server.on("upgrade", (request, socket) => {
    const accept = createHash("sha1")
        .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest("base64");
    socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on("data", (data) => socket.write(data));
    socket.on("error", () => socket.destroy());
});

process.on("SIGTERM", () => {
    if (!faults.ignoreTerm) process.exit(0);
});
setTimeout(() => {
    if (faults.writeAtStart && log) append(`written at start by ${version}`);
    server.listen(3000);
}, faults.startDelay);
