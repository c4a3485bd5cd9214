import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { connect as secureConnect, TLSSocket } from "node:tls";
import { CutoverError } from "../../engine/errors.js";
import { keysPath } from "../../platforms/docker/names.js";
import { execaRunner } from "../../platforms/execa.js";
import { listening } from "./streams.js";

/** A key that never leaves its host, and the certificate by which the other one knows it. */
export interface Identity {
    key: string;
    certificate: string;
}

/** Makes a fresh key, for one run. Returns the certificate, which is public. */
export async function makeIdentity(folder = keysPath): Promise<string> {
    const { exitCode, stderr } = await execaRunner.run({
        argv: [
            ...(["openssl", "req", "-x509", "-nodes", "-subj", "/CN=cutover"] as const),
            ...(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "365"] as const),
            ...(["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")] as const),
        ],
    });
    if (exitCode !== 0)
        throw new CutoverError("openssl made no key", { lastLines: stderr.split("\n").slice(-5) });
    return readFileSync(join(folder, "cert.pem"), "utf8");
}

export function readIdentity(folder = keysPath): Identity {
    return {
        key: readFileSync(join(folder, "key.pem"), "utf8"),
        certificate: readFileSync(join(folder, "cert.pem"), "utf8"),
    };
}

const mostConnections = 256;

/** Milliseconds until a connection that says nothing is no connection. */
const handshake = 10_000;

/**
 * TLS 1.3 as the one who calls. The other end has to have the very certificate that is expected; dates and names do not
 * count, since both were made for this run and the hosts' clocks may differ.
 */
export function callSecurely(raw: Duplex, own: Identity, peer: string): Promise<TLSSocket> {
    const socket = secureConnect({
        socket: raw,
        key: own.key,
        cert: own.certificate,
        minVersion: "TLSv1.3",
        rejectUnauthorized: false,
    });
    return known(socket, "secureConnect", peer);
}

/** The same as the one who is called. */
export function answerSecurely(raw: Duplex, own: Identity, peer: string): Promise<TLSSocket> {
    const socket = new TLSSocket(raw, {
        isServer: true,
        key: own.key,
        cert: own.certificate,
        minVersion: "TLSv1.3",
        requestCert: true,
        rejectUnauthorized: false,
    });
    return known(socket, "secure", peer);
}

function known(socket: TLSSocket, event: string, peer: string): Promise<TLSSocket> {
    const expected = new X509Certificate(peer).raw;
    return new Promise((resolve, reject) => {
        const fail = (problem: string) => {
            clearTimeout(timer);
            socket.destroy();
            reject(new Error(problem));
        };
        const timer = setTimeout(() => fail("no handshake"), handshake);
        socket.once("error", (error) => fail(error.message));
        socket.once("close", () => fail("closed before the handshake was over"));
        socket.once(event, () => {
            const found = socket.getPeerCertificate()?.raw as Buffer | undefined;
            if (!found?.equals(expected)) return fail("it has another key than was expected");
            clearTimeout(timer);
            socket.removeAllListeners("error").removeAllListeners("close");
            socket.on("error", () => {});
            resolve(socket);
        });
    });
}

/** Accepts those who have the peer's key; others are let go without a word. */
export function listenSecurely(
    port: number,
    own: Identity,
    peer: string,
    accept: (socket: TLSSocket) => void,
): Promise<Server> {
    const server = createServer((raw) => {
        raw.on("error", () => {});
        raw.setKeepAlive(true, 10_000).setNoDelay(true);
        answerSecurely(raw, own, peer).then(accept, () => raw.destroy());
    });
    // Of those who never show a key, no more than this at once.
    server.maxConnections = mostConnections;
    return listening(server, port);
}
