import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { CutoverError } from "../../engine/errors.js";
import type { Peer } from "../../engine/handover/job.js";
import type { Reporter } from "../../engine/progress.js";
import { linkPort, linkSockets } from "../../platforms/docker/names.js";
import { offerLine, type Purpose } from "./protocol.js";
import { callSecurely, type Identity, listenSecurely } from "./secure.js";
import { dial, firstLine, join, listening } from "./streams.js";

/** How connections to the source's host come about. */
export type Way = "direct" | "reverse" | "relay";

export const ways: Readonly<Record<Way, string>> = {
    direct: "straight to the source's host",
    reverse: "straight from the source's host",
    relay: "through the machine that runs Pulumi: the two hosts do not reach each other",
};

/** Milliseconds for a host to answer; for either to reach the other; and for the machine in between to help. */
const answerWithin = 3_000;
const straightWithin = 6_000;
const anyWithin = 30_000;

/**
 * The destination's end of the way to the source's host. Connections are opened here, or by the source and kept until one
 * is needed, or by the machine that runs Pulumi, in that order; each is encrypted from runner to runner, and both ends have
 * the keys that were made for this run. For the mover there is a socket for each purpose: what connects there is joined to
 * a connection of its own.
 */
export class SourceLink {
    /** The one that worked last. */
    way: Way | undefined;
    private address: string | undefined;
    private readonly offered: Duplex[] = [];
    private readonly relayed: Duplex[] = [];
    private readonly servers: Server[] = [];
    private readonly open = new Set<Duplex>();

    constructor(
        private readonly peer: Peer,
        private readonly own: Identity,
        private readonly reporter: Reporter,
    ) {}

    async listen(): Promise<void> {
        const accept = (socket: Duplex) => void this.offer(socket);
        this.servers.push(
            await listenSecurely(linkPort, this.own, this.peer.certificate, accept),
            await listenAt(linkSockets.relay, (socket) => keep(this.relayed, socket)),
            await listenAt(linkSockets.tools, (socket) => void this.serve(socket, "tools")),
            await listenAt(linkSockets.engine, (socket) => void this.serve(socket, "engine")),
        );
    }

    close(): void {
        for (const server of this.servers) server.close();
        for (const stream of [...this.open, ...this.offered, ...this.relayed]) stream.destroy();
    }

    private async offer(socket: Duplex): Promise<void> {
        if ((await firstLine(socket)) === offerLine) keep(this.offered, socket);
        else socket.destroy();
    }

    private async serve(local: Socket, purpose: Purpose): Promise<void> {
        local.on("error", () => {});
        try {
            const remote = await this.connect(purpose);
            this.open.add(remote);
            remote.on("close", () => this.open.delete(remote));
            join(local, remote);
        } catch (error) {
            this.reporter.status(error instanceof CutoverError ? error.problem : String(error));
            local.destroy();
        }
    }

    private async connect(purpose: Purpose): Promise<Duplex> {
        const stream = await this.reach();
        stream.write(`${purpose}\n`);
        return stream;
    }

    private async reach(): Promise<Duplex> {
        const before = this.way;
        for (const end = Date.now() + anyWithin; ; ) {
            const straightOnly =
                before !== "relay" && Date.now() < end - anyWithin + straightWithin;
            const found = await this.tryAll(straightOnly);
            if (found) return found;
            if (Date.now() > end) throw this.unreachable();
            await sleep(250);
        }
    }

    private async tryAll(straightOnly: boolean): Promise<Duplex | undefined> {
        if (this.way !== "relay") {
            const called = await this.call();
            if (called) return this.by("direct", called);
            const offered = live(this.offered);
            if (offered) return this.by("reverse", offered);
        }
        const raw = straightOnly ? undefined : live(this.relayed);
        if (!raw) return undefined;
        const relayed = await callSecurely(raw, this.own, this.peer.certificate).catch(
            () => undefined,
        );
        return relayed && this.by("relay", relayed);
    }

    private by(way: Way, stream: Duplex): Duplex {
        if (this.way !== way) this.reporter.info(`data go ${ways[way]}, encrypted`);
        this.way = way;
        return stream;
    }

    /** Calls all addresses at once, or the one that answered before. */
    private async call(): Promise<Duplex | undefined> {
        if (this.way === "reverse") return undefined;
        const addresses = this.address ? [this.address] : this.peer.addresses;
        const attempts = addresses.map(async (address) => {
            const raw = await dial(address, this.peer.port, answerWithin);
            try {
                const stream = await callSecurely(raw, this.own, this.peer.certificate);
                return { address, stream };
            } catch (error) {
                raw.destroy();
                throw error;
            }
        });
        const first = await Promise.any(attempts).catch(() => undefined);
        for (const attempt of attempts)
            attempt.then(
                ({ stream }) => stream !== first?.stream && stream.destroy(),
                () => {},
            );
        this.address = first?.address;
        return first?.stream;
    }

    private unreachable(): CutoverError {
        this.way = undefined;
        this.address = undefined;
        const { addresses, port, host } = this.peer;
        return new CutoverError(
            `the source's host (${host}) is not reached: tried ${addresses.join(", ") || "no address"} on port ${port}, waited for it to call here, and for the machine that runs Pulumi`,
        );
    }
}

/** Held until it is needed, or gone. */
function keep(pool: Duplex[], stream: Duplex): void {
    stream.on("error", () => {});
    pool.push(stream);
}

function live(pool: Duplex[]): Duplex | undefined {
    for (let stream = pool.shift(); stream; stream = pool.shift())
        if (!stream.destroyed && stream.readable) return stream;
    return undefined;
}

function listenAt(path: string, accept: (socket: Socket) => void): Promise<Server> {
    rmSync(path, { force: true });
    return listening(createServer(accept), path);
}
