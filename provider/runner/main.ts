import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../engine/clock.js";
import { CutoverError } from "../engine/errors.js";
import type { Job, SourceJob } from "../engine/handover/job.js";
import { FileJournal } from "../engine/journal.js";
import { silentReporter } from "../engine/progress.js";
import { FlowStuck, type JobFlow, runFlow } from "../engine/steps.js";
import { DockerEngine } from "../platforms/docker/engine.js";
import { abortPath, journalPath, parkedMark } from "../platforms/docker/names.js";
import { execaRunner } from "../platforms/execa.js";
import { type ArchiveTask, serveArchiveTask } from "../volumes/archive/task.js";
import { LocalMover } from "../volumes/local-mover.js";
import { lowerPriority } from "../volumes/priority.js";
import { openRemoteSource } from "../volumes/remote/remote-source.js";
import { overLink } from "../volumes/remote/retry.js";
import { connectTo } from "../volumes/remote/tool-client.js";
import { type MoverFactory, serveMover } from "../volumes/serve.js";
import { dockerArchiveFlow } from "./archive.js";
import { dockerContainerFlow } from "./container.js";
import { dockerEnvironmentFlow, type RunnerTools } from "./environment.js";
import { eventReporter } from "./events.js";
import { makeIdentity } from "./link/secure.js";
import { connectStreams, serveTools } from "./link/serve-tools.js";
import { SourceRunner } from "./link/source-runner.js";
import { reservePath } from "./reserve.js";
import { dockerVolumeFlow } from "./volume.js";

const abortLook = 200;

/** Exit codes: 0 the job is over, well or not (the journal says which); 1 it is stuck and wants to be started again. */
async function runJob(): Promise<number> {
    const job = JSON.parse(process.env.CUTOVER_JOB ?? "") as Job | SourceJob;
    if (job.kind === "source") {
        const reporter = eventReporter(process.stdout);
        return new SourceRunner(job, new DockerEngine(execaRunner), reporter).run();
    }
    const journal = new FileJournal(journalPath, Date.now, () =>
        rmSync(reservePath, { force: true }),
    );
    const reporter = eventReporter(process.stdout);
    const tools: RunnerTools = {
        engine: new DockerEngine(execaRunner),
        journal: announced(journal, reporter),
        reporter,
        clock: systemClock,
        signal: abortSignal(job.id),
        control: "/cutover",
    };
    let stuck = false;
    try {
        await runFlow(await flowOf(job, tools), tools);
        return 0;
    } catch (error) {
        if (error instanceof FlowStuck) {
            reporter.status(`it cannot go on now and tries again: ${error.message}`);
            stuck = true;
            return 1;
        }
        if (!journal.entries().some((entry) => entry.job === job.id && entry.kind === "failed"))
            throw error;
        return 0;
    } finally {
        // The next runner has to know of it too.
        if (!stuck) rmSync(abortPath(job.id), { force: true });
    }
}

async function flowOf(job: Job, tools: RunnerTools): Promise<JobFlow> {
    if (job.kind === "environment") return dockerEnvironmentFlow(job, tools);
    if (job.kind === "archive") return dockerArchiveFlow(job, tools);
    if (job.kind === "container") return dockerContainerFlow(job, tools);
    return dockerVolumeFlow(job, tools);
}

/** Followers see the steps as they come: every line of the journal is an event too. */
function announced(journal: FileJournal, reporter: ReturnType<typeof eventReporter>): FileJournal {
    const append = journal.append.bind(journal);
    journal.append = (entry) => {
        append(entry);
        reporter.step(entry);
    };
    return journal;
}

/** `abort` leaves a file beside the journal: a signal would keep the engine from starting the runner again. */
function abortSignal(job: string): AbortSignal {
    const controller = new AbortController();
    const look = setInterval(() => {
        if (existsSync(abortPath(job)))
            controller.abort(new CutoverError(`somebody asked to go back (job ${job})`));
    }, abortLook);
    look.unref();
    return controller.signal;
}

/**
 * Prints what there is to copy; the volume is mounted read-only.
 * @param seconds to watch what is written to it
 */
async function measure(seconds: number): Promise<number> {
    const options = {
        source: "/source",
        destination: "/source",
        reporter: silentReporter,
        signal: AbortSignal.timeout(60_000),
    };
    const mover = new LocalMover(options, execaRunner);
    const measured = await mover.measure("source");
    const watched = seconds > 0 ? { watched: await mover.watch(seconds) } : {};
    process.stdout.write(JSON.stringify({ ...measured, ...watched }));
    return 0;
}

/** A source on another host is reached through a socket. */
function moverFor({ link }: { link?: string }): MoverFactory | undefined {
    if (link === undefined) return undefined;
    return async (options) => {
        const shell = `node ${process.argv[1]} connect ${link}`;
        const { signal, reporter } = options;
        const open = () => openRemoteSource(connectTo(link), shell, signal);
        return new LocalMover(options, execaRunner, await overLink({ signal, reporter }, open));
    };
}

async function main(): Promise<number> {
    // As process 1 it would not even notice: and it must not end well, or it would not be started again.
    process.on("SIGTERM", () => process.exit(143));
    const [command, argument, ...more] = process.argv.slice(2);
    if (command === "run") return runJob();
    if (command === "mover") {
        rmSync(join("/destination", parkedMark), { force: true });
        const options = JSON.parse(argument ?? "{}");
        if (options.priority === "low") lowerPriority();
        return serveMover(options, process.stdin, process.stdout, moverFor(options));
    }
    if (command === "keys") {
        process.stdout.write(await makeIdentity());
        return 0;
    }
    if (command === "tools" && argument !== undefined) {
        await serveTools(argument, JSON.parse(more[0] ?? "{}"));
        return new Promise(() => {});
    }
    if (command === "connect" && argument !== undefined)
        // The first of the rest is rsync's host.
        return connectStreams(argument, more.slice(1));
    if (command === "archive") {
        const task = JSON.parse(argument ?? "{}") as ArchiveTask;
        return serveArchiveTask(task, execaRunner, process.stdin, process.stdout);
    }
    if (command === "measure") return measure(Number(argument ?? 0));
    process.stderr.write(
        "usage: run | keys | mover OPTIONS | archive TASK | tools SOCKET OPTIONS | connect SOCKET HOST COMMAND... | measure [SECONDS]\n",
    );
    return 2;
}

main().then(
    (code) => process.exit(code),
    (error) => {
        process.stderr.write(
            `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
        );
        process.exit(1);
    },
);
