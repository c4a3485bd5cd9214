import { realpathSync } from "node:fs";
import { CutoverError } from "../engine/errors.js";
import type { CommandRunner } from "../platforms/commands.js";
import { versionDigest } from "./compare.js";
import { type ContentReader, ContentRecords } from "./content.js";
import { comparePairs } from "./content-pairs.js";
import { estimateLastPass, type PassTiming } from "./estimate.js";
import { firstCopy, refuseWithoutRoom, strategyProblem } from "./first-copy.js";
import type { Manifest } from "./manifest.js";
import { createMatcher } from "./matcher.js";
import { measureSide } from "./measure.js";
import type {
    Declined,
    Measure,
    Mover,
    MoverOptions,
    PassReport,
    Proof,
    VerifyLevel,
} from "./mover.js";
import { type BytePath, firstNames } from "./names.js";
import { entriesToExamine, type PassPlan, type PlanInput, planPass, suspects } from "./plan.js";
import { changesBetween, forgetUntrusted, proveEqual } from "./proof.js";
import { type LinkReport, measureLink } from "./remote/link-speed.js";
import type { RemoteSource } from "./remote/remote-source.js";
import { overLink } from "./remote/retry.js";
import { runPlan } from "./run-plan.js";
import { scan } from "./scan.js";
import { type Session, type SideName, scanSide, syncFileSystem } from "./session.js";
import { localSide } from "./side-access.js";
import { type Watched, watchWrites } from "./watch.js";

/** Copies and proves two directories of this machine, by the tools of this machine. */
export class LocalMover implements Mover {
    private readonly session: Session;
    private readonly strategy: string;
    private readonly declinedRungs: Declined[] = [];
    private readonly timings: PassTiming[] = [];
    private readonly ending = new AbortController();
    /** The source as the last pass saw it; undefined where that is no base for the next one. */
    private before: Manifest | undefined;
    /** The destination after the last live pass. */
    private destination: Promise<Manifest> | undefined;
    /** Found different after they were copied: the next pass writes them again. */
    private readonly redo = new Set<BytePath>();
    private proven: Manifest | undefined;
    private passes = 0;
    private toldSockets = false;

    /** @throws CutoverError on a strategy or pattern that there is not. */
    constructor(options: MoverOptions, runner: CommandRunner, remote?: RemoteSource) {
        this.strategy = options.strategy ?? "auto";
        const problem = strategyProblem(this.strategy);
        if (problem) throw new CutoverError(problem);
        const destination = realpathSync(options.destination);
        const source = remote ? options.source : realpathSync(options.source);
        const side = localSide(runner, destination);
        this.session = {
            runner,
            sides: {
                source: remote?.side ?? localSide(runner, source, side.reader as ContentReader),
                destination: side,
            },
            ...(remote ? { remote } : {}),
            ...(options.limit && !remote ? { limit: options.limit } : {}),
            roots: { source, destination },
            matcher: createMatcher(options.include, options.exclude),
            reporter: options.reporter,
            signal: AbortSignal.any([options.signal, this.ending.signal]),
            records: { source: new ContentRecords(), destination: new ContentRecords() },
        };
    }

    measure(side: SideName): Promise<Measure> {
        return this.overLink(() => measureSide(this.session, side));
    }

    async link(): Promise<LinkReport | undefined> {
        return this.session.remote?.link;
    }

    /** On one machine there is no link to lose. */
    private overLink<T>(work: () => Promise<T>): Promise<T> {
        return this.session.remote ? overLink(this.session, work) : work();
    }

    /** How much is written to the source, in so many seconds from now. */
    watch(seconds: number): Promise<Watched> {
        return watchWrites(this.session, seconds);
    }

    async livePass(): Promise<PassReport> {
        const report = await this.overLink(() => this.pass(true));
        // For whatever comes next; who waits for the report need not wait for this.
        this.destination = scanSide(this.session, "destination", false);
        this.destination.catch(() => {});
        return report;
    }

    lastPass(): Promise<PassReport> {
        return this.overLink(() => this.pass(false));
    }

    verifySettled(): Promise<{ entries: number; bytes: number; seconds: number }> {
        return this.overLink(() => this.compareSettled());
    }

    private async compareSettled(): Promise<{ entries: number; bytes: number; seconds: number }> {
        const started = performance.now();
        const { session, before: source } = this;
        const destination = await this.destination;
        if (!source || !destination) return { entries: 0, bytes: 0, seconds: 0 };
        const pairs: [number, number][] = [];
        for (let at = 0; at < source.count; at++) {
            const there = source.isFile(at) ? destination.find(source.path(at)) : undefined;
            if (there === undefined || source.size[at] !== destination.size[there]) continue;
            const known =
                session.records.source.get(source, at) &&
                session.records.destination.get(destination, there);
            if (!known) pairs.push([at, there]);
        }
        const { verdicts, bytesCompared } = await comparePairs(
            session,
            { source, destination },
            pairs,
            "comparing content",
        );
        verdicts.forEach((verdict, index) => {
            if (verdict === "differs")
                this.redo.add(source.path((pairs[index] as [number, number])[0]));
        });
        const entries = verdicts.filter((verdict) => verdict === "same").length;
        return { entries, bytes: bytesCompared, seconds: (performance.now() - started) / 1_000 };
    }

    async expectLastPass(): Promise<{ ms: number; basis: string }> {
        const source = await this.overLink(() => scanSide(this.session, "source", true));
        const input = this.planInput(
            source,
            await (this.destination ?? scanSide(this.session, "destination", false)),
        );
        const examined = entriesToExamine(input);
        const bytes = examined.reduce(
            (sum, at) => sum + (source.isFile(at) ? (source.size[at] as number) : 0),
            0,
        );
        return estimateLastPass({ entries: examined.length, bytes }, source.seconds, this.timings);
    }

    flush(): Promise<void> {
        return syncFileSystem(this.session, "destination");
    }

    async prove(level: VerifyLevel): Promise<Proof> {
        const { proof, source } = await this.overLink(() => proveEqual(this.session, level));
        this.proven = source;
        return proof;
    }

    async unchangedSinceProof(): Promise<{ unchanged: boolean; changes: string[] }> {
        if (!this.proven)
            throw new CutoverError(
                "there was no proof yet that the source could have changed since",
            );
        const changes = changesBetween(
            this.proven,
            await this.overLink(() => scanSide(this.session, "source", false)),
        );
        return { unchanged: changes.length === 0, changes };
    }

    async fingerprint(side: SideName): Promise<string> {
        const { sides, roots, signal } = this.session;
        const all = () => scan(sides[side], roots[side], createMatcher(), { signal });
        return versionDigest(await this.overLink(all));
    }

    async declined(): Promise<Declined[]> {
        return this.declinedRungs;
    }

    async close(): Promise<void> {
        this.ending.abort(new CutoverError("the mover was closed"));
        const { source, destination } = this.session.sides;
        await Promise.all([source.reader.close(), destination.reader.close()]);
    }

    private async pass(live: boolean): Promise<PassReport> {
        const started = performance.now();
        const { session } = this;
        const first = this.passes === 0;
        const known = this.destination;
        // One that fails in the middle leaves another destination behind.
        this.destination = undefined;
        const [source, destination] = await Promise.all([
            scanSide(session, "source", live),
            known ?? scanSide(session, "destination", false),
        ]);
        this.tellSockets(source);
        await this.measureLink(source);
        // Between scan and reading: see proof.ts on mmap.
        if (live) await syncFileSystem(session, "source");
        forgetUntrusted(session);
        const context = { session, source, live };
        const copyStarted = performance.now();
        const copied = first
            ? await firstCopy(context, destination, this.strategy, this.declinedRungs)
            : undefined;
        const plan = copied ? undefined : await this.plan(source, destination);
        if (plan && first) await refuseWithoutRoom(session, plan.write, source, destination);
        const done = plan
            ? await runPlan(context, plan)
            : { bytes: copied?.bytes ?? 0, deletes: 0 };
        const seconds = (performance.now() - started) / 1_000;
        const files = plan ? changedEntries(plan, source, destination) : source.count;
        this.timings.push({
            scan: source.seconds,
            copy: (performance.now() - copyStarted) / 1_000,
            entries: files,
            bytes: done.bytes,
        });
        this.before = session.sides.source.changeTimesTell ? source : undefined;
        this.destination = undefined;
        this.redo.clear();
        return {
            number: ++this.passes,
            last: !live,
            mover: copied?.mover ?? "rsync",
            files,
            ...done,
            seconds,
        };
    }

    private async measureLink(source: Manifest): Promise<void> {
        const { remote, signal, reporter } = this.session;
        if (!remote || remote.link) return;
        remote.link = await measureLink(remote.tools, source, signal);
        const { compressed, reason } = remote.link;
        reporter.info(`${compressed ? "compressed" : "not compressed"}: ${reason}`);
    }

    private planInput(source: Manifest, destination: Manifest): PlanInput {
        return {
            source,
            destination,
            ...(this.before ? { before: this.before } : {}),
            redo: this.redo,
            keepBases: this.session.remote !== undefined,
        };
    }

    private async plan(source: Manifest, destination: Manifest): Promise<PassPlan> {
        const input = this.planInput(source, destination);
        const examined = entriesToExamine(input);
        const pairs = suspects(input, examined);
        const { verdicts } = await comparePairs(
            this.session,
            { source, destination },
            pairs,
            "comparing what looks the same",
        );
        const differing = new Set<number>();
        verdicts.forEach((verdict, index) => {
            if (verdict !== "same") differing.add((pairs[index] as [number, number])[0]);
        });
        return planPass({ ...input, differs: (at) => differing.has(at) }, examined);
    }

    private tellSockets(source: Manifest): void {
        if (this.toldSockets || source.sockets.length === 0) return;
        this.toldSockets = true;
        const many =
            source.sockets.length === 1 ? "1 socket is" : `${source.sockets.length} sockets are`;
        this.session.reporter.warn(`${many} not carried: ${firstNames(source.sockets)}`);
    }
}

/** Entries that are made, written, linked, or whose numbers differ. */
function changedEntries(plan: PassPlan, source: Manifest, destination: Manifest): number {
    const touched = plan.touch.filter((at) => {
        const there = destination.find(source.path(at));
        return (
            there !== undefined &&
            (source.mode[at] !== destination.mode[there] ||
                source.uid[at] !== destination.uid[there] ||
                source.gid[at] !== destination.gid[there] ||
                !source.sameMtime(at, destination, there))
        );
    });
    return plan.write.length + plan.links.length + touched.length;
}
