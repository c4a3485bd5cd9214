import { CutoverError } from "../../engine/errors.js";
import type { EnvironmentJob, SlotJob } from "../../engine/handover/job.js";
import { moverClient } from "../../volumes/client.js";
import type { Mover } from "../../volumes/mover.js";
import type { Place } from "../../volumes/refs.js";
import type { SlotPlatform, VolumePair } from "../platform.js";
import type { DockerEngine } from "./engine.js";
import { type ContainerFacts, isAlive, writersAmong } from "./facts.js";
import { labelKeys, linkPath, linkSockets, ownLabels, parkedMark } from "./names.js";
import { joinMounts, mountsOfPlace } from "./places.js";

/**
 * What a faithful copy needs, and what is lost without it: CHOWN and FOWNER (owners, times), DAC_OVERRIDE and
 * DAC_READ_SEARCH (files that root may not read by mode), FSETID (setuid kept), MKNOD (devices), SETFCAP (file
 * capabilities), SYS_ADMIN (`trusted.*` attributes cannot even be seen without it).
 */
export const moverCapabilities = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "MKNOD",
    "SETFCAP",
    "SYS_ADMIN",
] as const;

/** The slots of one environment as containers of a Docker engine. */
export class DockerSlots implements SlotPlatform {
    constructor(
        private readonly engine: DockerEngine,
        private readonly job: Pick<
            EnvironmentJob,
            "prefix" | "slots" | "image" | "router" | "labels" | "id"
        >,
    ) {}

    async running(slot: string): Promise<boolean> {
        const facts = await this.facts(slot);
        return Object.entries(this.slot(slot).containers)
            .filter(([, { background }]) => !background)
            .every(([key]) => facts.find((one) => one.key === key)?.container.status === "running");
    }

    async start(slot: string, { background }: { background: boolean }): Promise<void> {
        const facts = await this.facts(slot);
        for (const [key, { background: inBackground }] of Object.entries(
            this.slot(slot).containers,
        )) {
            if (inBackground && !background) continue;
            const found = facts.find((one) => one.key === key);
            if (!found) throw containerGone(key, slot);
            await this.ensureStarted(found.container);
        }
    }

    async startBackground(slot: string): Promise<void> {
        for (const { container } of await this.background(slot))
            await this.ensureStarted(container);
    }

    async stopBackground(slot: string): Promise<void> {
        for (const { container } of await this.background(slot)) {
            await this.engine.setRestartPolicy(container.id, "no");
            await this.engine.stop(container.id);
        }
    }

    /** Also what another release of the slot left running: two of them would write to one volume. */
    async stop(slot: string, { grace }: { grace?: number } = {}): Promise<{ killed: string[] }> {
        const all = [
            ...(await this.facts(slot)).map(({ container }) => container),
            ...(await this.strangers(slot)),
        ];
        const killed = await Promise.all(
            all.filter(isAlive).map(async (container) => {
                // A restart policy would bring it back after an engine restart (seen on 20.10): it goes first.
                await this.engine.setRestartPolicy(container.id, "no");
                if (container.status === "paused") await this.engine.unpause(container.id);
                const stopped = await this.engine.stop(container.id, grace);
                return stopped.killed ? [container.name] : [];
            }),
        );
        await this.assertStopped(slot);
        return { killed: killed.flat() };
    }

    /** A container that was stopped on a full disk was still listed as up (seen on 20.10): look again. */
    private async assertStopped(slot: string): Promise<void> {
        const all = [
            ...(await this.facts(slot)).map(({ container }) => container),
            ...(await this.strangers(slot)),
        ];
        const alive = all.filter(isAlive);
        if (alive.length > 0) {
            throw new CutoverError(`${alive.map(({ name }) => name).join(", ")} did not stop`);
        }
    }

    /** Not "unless-stopped": an engine that was killed does not start such ones again (seen on 20.10). */
    async supervise(slot: string, on: boolean): Promise<void> {
        const facts = (await this.facts(slot)).map(({ container }) => container);
        const targets = on ? facts.filter(isAlive) : [...facts, ...(await this.strangers(slot))];
        for (const { id } of targets) await this.engine.setRestartPolicy(id, on ? "always" : "no");
    }

    async pause(slot: string): Promise<void> {
        const alive = (await this.facts(slot)).filter(
            ({ container }) => container.status === "running",
        );
        await Promise.all(alive.map(({ container }) => this.engine.pause(container.id)));
    }

    async resume(slot: string): Promise<void> {
        const paused = (await this.facts(slot)).filter(
            ({ container }) => container.status === "paused",
        );
        await Promise.all(paused.map(({ container }) => this.engine.unpause(container.id)));
    }

    async address(slot: string): Promise<string> {
        const key = this.job.router.to.container;
        const { network, containers } = this.slot(slot);
        const facts = await this.engine.container(containers[key]?.id ?? "");
        const address = facts?.networks[network]?.address;
        if (!address)
            throw new CutoverError(
                `container ${key} of slot ${slot} has no address in network ${network}`,
            );
        return address;
    }

    async probe(
        slot: string,
        path: string,
        timeout: number,
    ): Promise<{ status: number } | { problem: string }> {
        const { to, container } = this.job.router;
        const address = await this.address(slot).catch(() => undefined);
        if (!address) return { problem: "it has no address: is it running?" };
        const url = `http://${address}:${to.port}${path}`;
        const seconds = (timeout / 1000).toFixed(3);
        const argv = [
            "curl",
            "--silent",
            "--output",
            "/dev/null",
            "--write-out",
            "%{http_code}",
            "--max-time",
            seconds,
            url,
        ];
        const result = await this.engine.exec(container, argv, { timeout: timeout + 5_000 });
        const status = Number(result.stdout.trim());
        if (result.exitCode === 0 && status > 0) return { status };
        return { problem: `no answer from port ${to.port}: ${describeCurl(result.exitCode)}` };
    }

    async crashed(slot: string): Promise<{ problem: string; lastLines: string[] } | undefined> {
        const facts = await this.facts(slot);
        for (const [key, { background }] of Object.entries(this.slot(slot).containers)) {
            if (background) continue;
            const container = facts.find((one) => one.key === key)?.container;
            if (!container) return { problem: containerGone(key, slot).problem, lastLines: [] };
            if (container.status === "running") continue;
            return {
                problem: `container ${key} of slot ${slot} is ${container.status} with exit code ${container.exitCode}`,
                lastLines: await this.engine.lastLines(container.id),
            };
        }
        return undefined;
    }

    async writers(volume: string, except?: string): Promise<string[]> {
        const facts = await this.engine.volume(volume);
        if (!facts) throw new CutoverError(`volume ${volume} does not exist`);
        const writers = writersAmong(await this.engine.running(), facts);
        return writers
            .filter((container) => !(except !== undefined && this.belongsTo(container, except)))
            .filter((container) => !this.isMover(container))
            .map((container) => container.name);
    }

    async openMover(
        pair: VolumePair,
        options: Parameters<SlotPlatform["openMover"]>[1],
    ): Promise<Mover> {
        return openDockerMover(
            this.engine,
            this.job,
            {
                ...pair,
                source: { volume: pair.source },
                destination: { volume: pair.destination },
            },
            options,
        );
    }

    removeMovers(): Promise<void> {
        return this.engine.removeLabelled(ownLabels(this.job.prefix, "mover"));
    }

    async fill(volume: string, { image, path }: { image: string; path: string }): Promise<void> {
        const argv = {
            image: this.job.image,
            entrypoint: "rm",
            command: ["-f", `/volume/${parkedMark}`],
        };
        await this.engine.runToEnd({
            ...argv,
            network: "none",
            volumes: [{ volume, path: "/volume" }],
        });
        const id = await this.engine.create({
            image,
            volumes: [{ volume, path }],
            labels: ownLabels(this.job.prefix, "mover"),
            fillVolumes: true,
        });
        await this.engine.remove(id);
    }

    private slot(slot: string): SlotJob {
        const found = this.job.slots[slot];
        if (!found) throw new CutoverError(`there is no slot ${slot}`);
        return found;
    }

    /** Those that are there: one that is gone needs no stopping, and its start says so. */
    private async facts(slot: string): Promise<{ key: string; container: ContainerFacts }[]> {
        const entries = Object.entries(this.job.slots[slot]?.containers ?? {});
        const found = await Promise.all(
            entries.map(async ([key, { id }]) => ({
                key,
                container: await this.engine.container(id),
            })),
        );
        return found.flatMap(({ key, container }) => (container ? [{ key, container }] : []));
    }

    private async background(slot: string): Promise<{ key: string; container: ContainerFacts }[]> {
        return (await this.facts(slot)).filter(
            ({ key }) => this.slot(slot).containers[key]?.background,
        );
    }

    /** Containers of the slot that this release does not have: an older one that still serves, or a left-over. */
    private async strangers(slot: string): Promise<ContainerFacts[]> {
        const labelled = await this.engine.containers(
            ownLabels(this.job.prefix, "slot", { [labelKeys.slot]: slot }),
        );
        const own = new Set(
            Object.values(this.job.slots[slot]?.containers ?? {}).map(({ id }) => id),
        );
        return labelled.filter(({ id }) => !own.has(id));
    }

    private belongsTo(container: ContainerFacts, slot: string): boolean {
        return (
            container.labels[labelKeys.prefix] === this.job.prefix &&
            container.labels[labelKeys.slot] === slot
        );
    }

    private isMover({ labels }: ContainerFacts): boolean {
        return labels[labelKeys.prefix] === this.job.prefix && labels[labelKeys.role] === "mover";
    }

    private async ensureStarted(container: ContainerFacts): Promise<void> {
        if (container.status === "paused") await this.engine.unpause(container.id);
        if (container.status !== "running") await this.engine.start(container.id);
    }
}

/** What curl's exit codes say of a slot that gave no answer. */
function describeCurl(exitCode: number): string {
    switch (exitCode) {
        // `docker exec` ends so, without a word, when its container is stopped meanwhile.
        case 0:
            return "the look was cut off";
        case 7:
            return "connection refused";
        case 28:
            return "none in time";
        case 52:
            return "closed without one";
        case 56:
            return "connection reset";
        default:
            return `curl exit code ${exitCode}`;
    }
}

function containerGone(key: string, slot: string): CutoverError {
    return new CutoverError(`container ${key} of slot ${slot} is gone`, {
        next: "run pulumi refresh, then pulumi up",
    });
}

interface PlacePair extends Pick<VolumePair, "reporter" | "signal"> {
    /** Absent where it is on another host, and comes by `link`. */
    source?: Place;
    destination: Place;
    /** The volume with the sockets that lead to the source's host. */
    link?: string;
}

/** A mover in a container of its own: no network, no socket, the source read-only, and only the rights of a copy. */
export async function openDockerMover(
    engine: DockerEngine,
    job: { prefix: string; image: string; labels: Record<string, string>; id: string },
    pair: PlacePair,
    options: Parameters<SlotPlatform["openMover"]>[1],
): Promise<Mover> {
    const child = engine.runAttached({
        image: job.image,
        command: [
            "mover",
            JSON.stringify({
                ...options,
                source: "/source",
                destination: "/destination",
                ...(pair.link ? { link: linkSockets.tools } : {}),
            }),
        ],
        interactive: true,
        removeAtEnd: true,
        network: "none",
        readOnlyRoot: true,
        capabilities: moverCapabilities,
        labels: { ...ownLabels(job.prefix, "mover"), ...job.labels, [labelKeys.job]: job.id },
        ...joinMounts(
            pair.source ? mountsOfPlace(pair.source, "/source", { readOnly: true }) : {},
            pair.link ? { volumes: [{ volume: pair.link, path: linkPath }] } : {},
            mountsOfPlace(pair.destination, "/destination", { readOnly: false }),
        ),
    });
    return moverClient(child, { reporter: pair.reporter, signal: pair.signal });
}
