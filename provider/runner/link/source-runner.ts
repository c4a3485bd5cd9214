import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { SourceJob } from "../../engine/handover/job.js";
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
import { KeptFromWriting } from "./kept-from-writing.js";
import { offerLine } from "./protocol.js";
import { callSecurely, listenSecurely, readIdentity } from "./secure.js";
import { dial, dialSocket, firstLine, join } from "./streams.js";

/** Milliseconds without a word from the destination after which stopped writers run again. */
export const leaseFor = 60_000;
const lookEvery = 5_000;
/** Milliseconds after which a runner that nobody speaks to goes. */
const lonelyFor = 15 * 60_000;
/** Connections that are held ready for a destination that cannot call here. */
const spareOffers = 2;
/** Milliseconds that one of them is offered. */
const offerFor = 30_000;

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
    private readonly kept: KeptFromWriting;
    private heard = Date.now();
    private leases = 0;

    constructor(
        private readonly job: SourceJob,
        private readonly engine: DockerEngine,
        private readonly reporter: Reporter,
    ) {
        this.source = new DockerSource(job, engine);
        this.kept = new KeptFromWriting(frozenPath, (one) => this.source.resume(one));
        this.ended = new Promise((resolve) => {
            this.finish = resolve;
        });
    }

    /** Until the destination says that it is over, or nobody speaks any more. */
    async run(): Promise<number> {
        const accept = (socket: Duplex) => void this.serve(socket);
        const server = await listenSecurely(linkPort, this.own, this.job.peer.certificate, accept);
        const watch = setInterval(() => void this.look().catch(() => {}), lookEvery);
        void this.offerForever();
        await this.ended;
        clearInterval(watch);
        // Those of whom nobody said that they stay: the job failed.
        await this.kept.resumeAll(() => true);
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
            quiesce: (container, how) =>
                this.kept.add(container, (noted) => source.quiesce(noted, how)),
            resume: (container) => this.kept.resume(container),
            keep: (ids) => this.kept.keep(ids),
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
        const silent = () => Date.now() - this.heard;
        if (silent() > leaseFor && this.kept.frozen.length > 0) await this.letAllRun(silent);
        if (silent() > lonelyFor) this.finish();
    }

    private async letAllRun(silent: () => number): Promise<void> {
        const { ran, problems } = await this.kept.resumeAll(() => silent() > leaseFor);
        if (ran.length > 0)
            this.reporter.warn(`the destination is silent: ${ran.join(", ")} runs again`);
        for (const problem of problems) this.reporter.warn(`cannot run again: ${problem}`);
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

    private removeTools(): Promise<void> {
        return this.engine.removeLabelled(ownLabels(this.job.prefix, toolsRole));
    }

    /** A few connections to the destination, for the case that it cannot call here. */
    private async offerForever(): Promise<void> {
        const { addresses, port, certificate } = this.job.peer;
        const offer = async (address: string) => {
            const raw = await dial(address, port, 3_000);
            const stream = await callSecurely(raw, this.own, certificate);
            stream.write(`${offerLine}\n`);
            await new Promise<void>((resolve) => {
                stream.once("readable", resolve).once("close", resolve);
                // A network forgets a connection that is idle: an old offer may lead nowhere.
                setTimeout(resolve, offerFor).unref();
            });
            if (stream.readableLength === 0) stream.destroy();
            else void this.serve(stream);
        };
        const keepOffering = async (address: string) => {
            for (;;) await offer(address).catch(() => sleep(2_000));
        };
        const all = addresses.flatMap((address) => Array<string>(spareOffers).fill(address));
        await Promise.all(all.map(keepOffering));
    }
}
