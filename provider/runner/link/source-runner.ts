import { readFileSync, writeFileSync } from "node:fs";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { SourceJob } from "../../engine/handover/job.js";
import type { QuiescedContainer } from "../../engine/handover/volume-platform.js";
import type { Reporter } from "../../engine/progress.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import {
    frozenPath,
    labelKeys,
    linkPath,
    linkPort,
    linkSockets,
    names,
    ownLabels,
} from "../../platforms/docker/names.js";
import { joinMounts, mountsOfPlace } from "../../platforms/docker/places.js";
import { execaRunner } from "../../platforms/execa.js";
import { Pace } from "../../volumes/remote/pace.js";
import { serveTool } from "../../volumes/remote/tool-server.js";
import { DockerSource } from "../docker-source.js";
import { engineTools, type SourceCalls } from "./engine-calls.js";
import { offerLine } from "./protocol.js";
import { callSecurely, listenSecurely, readIdentity } from "./secure.js";
import { dial, dialSocket, firstLine, join } from "./streams.js";

/** Milliseconds without a word from the destination after which stopped writers run again. */
export const leaseFor = 60_000;
/** Milliseconds after which a runner that nobody speaks to goes. */
const lonelyFor = 15 * 60_000;
/** Connections that are held ready for a destination that cannot call here. */
const spareOffers = 2;

const toolsRole = "source-tools";

/**
 * The source's end of a copy between two engines: serves the tools that read the source, and does with its engine what
 * the destination's runner asks for. Writers that it stopped run again when the destination is silent for a minute,
 * unless that said that the copy is whole.
 */
export class SourceRunner {
    private readonly own = readIdentity();
    private readonly source: DockerSource;
    private readonly ended: Promise<void>;
    private finish: () => void = () => {};
    private heard = Date.now();
    private leases = 0;

    constructor(
        private readonly job: SourceJob,
        private readonly engine: DockerEngine,
        private readonly reporter: Reporter,
    ) {
        this.source = new DockerSource(job, engine);
        this.ended = new Promise((resolve) => {
            this.finish = resolve;
        });
    }

    /** Until the destination says that it is over, or nobody speaks any more. */
    async run(): Promise<number> {
        const accept = (socket: Duplex) => void this.serve(socket);
        const server = await listenSecurely(linkPort, this.own, this.job.peer.certificate, accept);
        const watch = setInterval(() => void this.look().catch(() => {}), 1_000);
        void this.offerForever();
        await this.ended;
        clearInterval(watch);
        server.close();
        await this.removeTools();
        return 0;
    }

    private async serve(stream: Duplex): Promise<void> {
        const purpose = await firstLine(stream);
        this.heard = Date.now();
        if (purpose === "engine") {
            const own = engineTools(this.calls(), (held) => this.lease(held));
            serveTool(stream, { runner: execaRunner, own, pace: new Pace() });
        } else if (purpose === "tools") {
            const tools = await dialSocket(linkSockets.tools).catch(() => undefined);
            if (tools) join(stream, tools);
            else stream.destroy();
        } else stream.destroy();
    }

    private calls(): SourceCalls {
        const { source } = this;
        return {
            identity: () => source.identity(),
            writers: () => source.writers(),
            container: (name) => source.container(name),
            quiesce: async (container, how) => {
                this.remember([...this.frozen(), container]);
                return source.quiesce(container, how);
            },
            resume: async (container) => {
                const there = await source.resume(container);
                this.remember(this.frozen().filter(({ id }) => id !== container.id));
                return there;
            },
            keep: async () => this.remember([]),
            openTools: (limit) => this.openTools(limit),
            end: async () => this.finish(),
        };
    }

    private lease(held: boolean): void {
        this.leases += held ? 1 : -1;
        this.heard = Date.now();
    }

    private async look(): Promise<void> {
        if (this.leases > 0) this.heard = Date.now();
        const silent = Date.now() - this.heard;
        const frozen = this.frozen();
        if (frozen.length > 0 && silent > leaseFor) {
            for (const container of frozen) await this.source.resume(container);
            this.remember([]);
            const names = frozen.map(({ name }) => name).join(", ");
            this.reporter.warn(`the destination is silent: ${names} runs again`);
        }
        if (silent > lonelyFor) this.finish();
    }

    /** Beside the key, so that one that is started again knows whom it keeps from writing. */
    private frozen(): QuiescedContainer[] {
        try {
            const text = readFileSync(frozenPath, "utf8");
            return JSON.parse(text) as QuiescedContainer[];
        } catch {
            return [];
        }
    }

    private remember(frozen: QuiescedContainer[]): void {
        writeFileSync(frozenPath, JSON.stringify(frozen), { flush: true } as object);
    }

    /** One that a runner before this one left has other sockets: it is made anew. */
    private async openTools(limit: number | undefined): Promise<void> {
        await this.removeTools();
        const { prefix, image, source, labels, id } = this.job;
        const options = JSON.stringify({ root: "/source", ...(limit ? { limit } : {}) });
        await this.engine.runDetached({
            image,
            command: ["tools", linkSockets.tools, options],
            network: "none",
            restart: "on-failure",
            readOnlyRoot: true,
            capabilities: ["DAC_READ_SEARCH", "FOWNER", "SYS_ADMIN"],
            labels: { ...labels, ...ownLabels(prefix, toolsRole), [labelKeys.job]: id },
            ...joinMounts(mountsOfPlace(source, "/source", { readOnly: true }), {
                volumes: [{ volume: names.link(prefix), path: linkPath }],
            }),
        });
        for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50)) {
            const tools = await dialSocket(linkSockets.tools).catch(() => undefined);
            tools?.destroy();
            if (tools) return;
        }
        throw new Error("the source's tools did not start");
    }

    private async removeTools(): Promise<void> {
        const found = await this.engine.containers(ownLabels(this.job.prefix, toolsRole));
        for (const { id } of found) await this.engine.remove(id);
    }

    /** A few connections to the destination, for the case that it cannot call here. */
    private async offerForever(): Promise<void> {
        const { addresses, port, certificate } = this.job.peer;
        const offer = async (address: string) => {
            const raw = await dial(address, port, 3_000);
            const stream = await callSecurely(raw, this.own, certificate);
            stream.write(`${offerLine}\n`);
            const used = new Promise<void>((resolve) => {
                stream.once("readable", resolve).once("close", resolve);
            });
            void used.then(() => this.serve(stream));
            await used;
        };
        const keepOffering = async () => {
            for (;;) {
                const failed = await Promise.all(
                    addresses.map((address) =>
                        offer(address).then(
                            () => false,
                            () => true,
                        ),
                    ),
                );
                if (failed.every(Boolean)) await sleep(2_000);
            }
        };
        await Promise.all(Array.from({ length: spareOffers }, keepOffering));
    }
}
