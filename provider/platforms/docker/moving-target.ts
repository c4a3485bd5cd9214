import type { Clock } from "../../engine/clock.js";
import { CutoverError } from "../../engine/errors.js";
import type {
    ContainerSettings,
    ContainerState,
    SourceEngine,
    TargetEngine,
} from "../../engine/handover/container-platform.js";
import type { ContainerJob } from "../../engine/handover/job.js";
import { type EngineApi, must } from "./api.js";
import { checkpointProblem } from "./checkpoint-trial.js";
import { containerState } from "./container-state.js";
import { createRequest } from "./create-body.js";
import type { DockerEngine } from "./engine.js";
import type { Inspection } from "./inspection.js";
import type { MovingSource } from "./moving-source.js";
import { labelKeys, names, ownLabels } from "./names.js";

type Policy = Parameters<DockerEngine["setRestartPolicy"]>[1];

/** Shorter ones are hardly secrets, and would black out every other line. */
const shortestSecret = 4;

interface Parts {
    engine: DockerEngine;
    api: EngineApi;
    job: ContainerJob;
    source: MovingSource;
    clock: Clock;
}

/** The Docker engine that a container goes to: in this version the one that it leaves. */
export class MovingTarget implements TargetEngine {
    private readonly engine: DockerEngine;
    private readonly job: ContainerJob;

    constructor(private readonly parts: Parts) {
        this.engine = parts.engine;
        this.job = parts.job;
    }

    container(): Promise<ContainerState | undefined> {
        return containerState(this.engine, this.job.name);
    }

    /** The environment is in the body, over the socket: argv would show it to everybody on the host. */
    async create(settings: ContainerSettings, image: string): Promise<{ id: string }> {
        const { api } = this.parts;
        const { name } = this.job;
        const source = settings as Inspection;
        const facts = await this.engine.image(image);
        if (!facts) throw new CutoverError(`there is no image ${image}`);
        const { body, connect } = createRequest(source, {
            image,
            imageHasEntrypoint: facts.hasEntrypoint,
            volumes: this.volumes(),
            binds: this.job.binds,
            labels: this.labels(),
            keepHostname: this.job.memory === "checkpoint",
        });
        const path = `/containers/create?name=${encodeURIComponent(name)}`;
        const created = await must(api, `the creation of container ${name}`, "POST", path, body);
        const { Id: id } = created as { Id: string };
        for (const { network, endpoint } of connect) {
            const joins = `/networks/${encodeURIComponent(network)}/connect`;
            const asked = { Container: id, EndpointConfig: endpoint };
            await must(api, `joining network ${network}`, "POST", joins, asked);
        }
        return { id };
    }

    private volumes(): Record<string, { volume: string; copied: boolean }> {
        const entries = (list: ContainerJob["volumes"], copied: boolean) =>
            list.map(
                ({ source, destination }) => [source, { volume: destination, copied }] as const,
            );
        return Object.fromEntries([
            ...entries(this.job.volumes, true),
            ...entries(this.job.fresh, false),
        ]);
    }

    private labels(): Record<string, string> {
        const { labels, prefix, id } = this.job;
        return { ...labels, ...ownLabels(prefix, "moved", { [labelKeys.job]: id }) };
    }

    remove(): Promise<void> {
        return this.engine.remove(this.job.name);
    }

    start(): Promise<void> {
        return this.engine.start(this.job.name);
    }

    setRestartPolicy(policy: string): Promise<void> {
        return this.engine.setRestartPolicy(this.job.name, policy as Policy);
    }

    /** What it printed, without the values of its environment. */
    async lastLines(): Promise<string[]> {
        const lines = await this.engine.lastLines(this.job.name);
        const { config } = await this.parts.source.settings();
        const env = Array.isArray(config.Env) ? config.Env.map(String) : [];
        const secrets = env.map((one) => one.slice(one.indexOf("=") + 1));
        return lines.map((line) =>
            secrets
                .filter(({ length }) => length >= shortestSecret)
                .reduce((text, secret) => text.replaceAll(secret, "***"), line),
        );
    }

    createVolume(volume: string): Promise<void> {
        const { labels, prefix } = this.job;
        return this.engine.createVolume(volume, { ...labels, ...ownLabels(prefix, "data") });
    }

    /** The same engine has it already. */
    async takeImage(_from: SourceEngine, image: string): Promise<{ how: string }> {
        if (await this.engine.imageExists(image)) return { how: "it is there" };
        throw new CutoverError(`there is no image ${image} any more`, {
            next: "pull or build it again: the container that runs does not need it, a new one does",
        });
    }

    checkpointProblem(): Promise<{ problem: string; next: string } | undefined> {
        return checkpointProblem(this.engine, this.job, this.parts.clock);
    }

    /** Its files lie beside the container's own, where only the engine and root get at them. */
    async takeCheckpoint(_from: SourceEngine): Promise<{ bytes: number }> {
        const name = names.checkpoint(this.job.id);
        const created = await this.engine.container(this.job.name);
        if (!created) throw new CutoverError(`container ${this.job.name} is gone`);
        const { rootFolder } = await this.engine.info();
        const folderOf = (id: string) => `${rootFolder}/containers/${id}`;
        // One file more: containerd refuses for a while to take the very bytes again that it has just written.
        const script =
            'mkdir -p -m 700 /destination/checkpoints && cp -a /source "/destination/checkpoints/$0" && touch "/destination/checkpoints/$0/laid-by-cutover" && du -sb /source';
        const { stdout } = await this.engine.runToEnd({
            image: this.job.image,
            entrypoint: "sh",
            command: ["-c", script, name],
            network: "none",
            capabilities: [],
            readOnlyRoot: true,
            labels: ownLabels(this.job.prefix, "mover"),
            binds: [
                {
                    source: `${folderOf(this.job.source.id)}/checkpoints/${name}`,
                    path: "/source",
                    readOnly: true,
                },
                { source: folderOf(created.id), path: "/destination" },
            ],
        });
        return { bytes: Number.parseInt(stdout, 10) };
    }

    startFromCheckpoint(): Promise<void> {
        return this.engine.startFrom(
            this.job.name,
            names.checkpoint(this.job.id),
            this.parts.clock,
        );
    }

    removeCheckpoint(): Promise<void> {
        return this.engine.removeCheckpoint(this.job.name, names.checkpoint(this.job.id));
    }
}
