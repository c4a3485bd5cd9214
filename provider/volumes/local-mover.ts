import { realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { CutoverError } from "../engine/errors.js";
import type { CommandRunner } from "../platforms/commands.js";
import { versionDigest } from "./compare.js";
import { ContentReader, ContentRecords } from "./content.js";
import { comparePairs } from "./content-pairs.js";
import {
    estimateLastPass,
    estimateWatched,
    type PassTiming,
    scansUnderFreeze,
} from "./estimate.js";
import { firstCopy, refuseWithoutRoom, strategyProblem } from "./first-copy.js";
import type { Manifest } from "./manifest.js";
import { createMatcher } from "./matcher.js";
import { type MaxDelete, refuseManyDeletes } from "./max-delete.js";
import { measureSide } from "./measure.js";
import type {
    Declined,
    Measure,
    Mover,
    MoverOptions,
    PassReport,
    Proof,
    Settled,
    VerifyLevel,
} from "./mover.js";
import { type BytePath, firstNames } from "./names.js";
import { entriesToExamine, type PassPlan, type PlanInput, planPass, suspects } from "./plan.js";
import { changesBetween, forgetUntrusted, proveEqual } from "./proof.js";
import { foldersOf, ProvenBase, type SomeNames } from "./proven-base.js";
import { type LinkReport, measureLink } from "./remote/link-speed.js";
import type { RemoteSource } from "./remote/remote-source.js";
import { overLink } from "./remote/retry.js";
import { countMoved, findRenames, withRenames } from "./renames.js";
import { runPlan } from "./run-plan.js";
import { scan } from "./scan.js";
import { type Session, type SideName, scanSide, syncFileSystem } from "./session.js";
import { localSide } from "./side-access.js";
import { type Watched, watchWrites } from "./watch.js";

/** Where so few took long the machine was busy, and would be with a watch too: 10,000 take 0.05 s where it is not. */
const fewNames = 10_000;

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
    /** Everything proven while the source was written to, with a watch on what is touched since. */
    private base: ProvenBase | undefined;
    /** What the last proof by that watch looked at. */
    private seen: { base: ProvenBase; names: SomeNames } | undefined;
    /** The reason why there is no such watch. */
    private unwatched: string | undefined;
    private readonly fullLook: number;
    /** So many names are looked at in any case. */
    private readonly alwaysFull: number;
    private readonly maxDelete: MaxDelete | undefined;
    private watchedTiming: (Omit<PassTiming, "scan"> & { look: number }) | undefined;
    private passes = 0;
    private toldSockets = false;

    /** @throws CutoverError on a strategy or pattern that there is not. */
    constructor(options: MoverOptions, runner: CommandRunner, remote?: RemoteSource) {
        this.strategy = options.strategy ?? "auto";
        this.fullLook = options.fullLook ?? 1_000;
        this.alwaysFull = options.fullLook === undefined ? fewNames : 0;
        this.maxDelete = options.maxDelete;
        if (options.paused)
            this.unwatched =
                "the writers are paused, not stopped: what they store through mappings is told by no watch";
        if (remote) this.unwatched = "the source is on another host";
        const problem = strategyProblem(this.strategy);
        if (problem) throw new CutoverError(problem);
        const destination = realpathSync(options.destination);
        const source = remote ? options.source : realpathSync(options.source);
        const reader = new ContentReader(runner, undefined, options.parallel);
        const side = localSide(runner, destination, reader);
        this.session = {
            runner,
            parallel: options.parallel ?? Math.max(2, Math.min(availableParallelism(), 8)),
            sides: {
                source: remote?.side ?? localSide(runner, source, reader),
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
        const base = this.reliableBase();
        if (base) return this.watchedPass(base, true);
        const report = await this.overLink(() => this.pass(true));
        // For whatever comes next; who waits for the report need not wait for this.
        this.destination = scanSide(this.session, "destination", false);
        this.destination.catch(() => {});
        return report;
    }

    async lastPass(): Promise<PassReport> {
        const base = this.reliableBase();
        return base ? this.watchedPass(base, false) : this.overLink(() => this.pass(false));
    }

    async verifySettled(): Promise<Settled> {
        const started = performance.now();
        const base = this.reliableBase();
        const found = base
            ? await this.compareSome(base)
            : ((await this.proveUnderWatch()) ??
              (await this.overLink(() => this.compareSettled())));
        const seconds = (performance.now() - started) / 1_000;
        return { ...found, seconds, watched: this.base !== undefined };
    }

    async expectLastPass(): Promise<{ ms: number; basis: string }> {
        const base = this.reliableBase();
        if (base) return this.expectWatched(base);
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
        const base = level === "content" ? this.reliableBase() : undefined;
        const watched = await base?.proof();
        if (base && watched && "proof" in watched) {
            this.seen = { base, names: watched.seen };
            return watched.proof;
        }
        this.reliableBase();
        this.seen = undefined;
        const { proof, source } = await this.overLink(() => proveEqual(this.session, level));
        this.proven = source;
        return proof;
    }

    async unchangedSinceProof(): Promise<{ unchanged: boolean; changes: string[] }> {
        if (this.seen) {
            const changes = await this.seen.base.changesSince(this.seen.names);
            return { unchanged: changes.length === 0, changes };
        }
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
        this.base?.close();
        this.ending.abort(new CutoverError("the mover was closed"));
        const { source, destination } = this.session.sides;
        await Promise.all([source.reader.close(), destination.reader.close()]);
    }

    /** What was proven so far, unless its watch broke: then every name is looked at again, and the report says why. */
    private reliableBase(): ProvenBase | undefined {
        const broken = this.base?.broken;
        if (broken !== undefined) {
            this.base?.close();
            this.base = undefined;
            this.destination = undefined;
            this.before = undefined;
            this.declineWatch(broken);
        }
        return this.base;
    }

    private declineWatch(reason: string): void {
        this.unwatched = reason;
        this.declinedRungs.push({ mover: "watch", reason });
    }

    /** Where a look at every name would make the freeze long. Returns undefined where it would not, or cannot be spared. */
    private async proveUnderWatch(): Promise<{ entries: number; bytes: number } | undefined> {
        const { before: source } = this;
        const destination = await this.destination;
        if (!source || !destination) return undefined;
        const look = Math.max(source.seconds, destination.seconds) * scansUnderFreeze * 1_000;
        if (look <= this.fullLook || source.count <= this.alwaysFull) return undefined;
        if (this.unwatched !== undefined) {
            if (!this.declinedRungs.some(({ mover }) => mover === "watch"))
                this.declineWatch(this.unwatched);
            return undefined;
        }
        const folders = { source: foldersOf(source), destination: foldersOf(destination) };
        // Nothing goes by these any more, and there may be millions of names in each.
        this.before = undefined;
        this.destination = undefined;
        const base = await ProvenBase.prove(this.session, folders);
        if ("declined" in base) {
            this.declineWatch(base.declined);
            return undefined;
        }
        this.base = base;
        await this.flush();
        return { entries: base.entries, bytes: base.bytesCompared };
    }

    /** Reads what a pass by the watch copied, so that the proof need not. */
    private async compareSome(base: ProvenBase): Promise<{ entries: number; bytes: number }> {
        const { source, destination } = await base.look();
        return this.comparePairsOf(source, destination);
    }

    private async compareSettled(): Promise<{ entries: number; bytes: number }> {
        const { before: source } = this;
        const destination = await this.destination;
        if (!source || !destination) return { entries: 0, bytes: 0 };
        return this.comparePairsOf(source, destination);
    }

    private async comparePairsOf(source: Manifest, destination: Manifest) {
        const { session } = this;
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
        return { entries, bytes: bytesCompared };
    }

    /** A pass over what the watch told, and nothing else. */
    private async watchedPass(base: ProvenBase, live: boolean): Promise<PassReport> {
        const started = performance.now();
        const { session } = this;
        const { source, destination } = await base.look();
        if (!this.reliableBase()) return live ? this.livePass() : this.lastPass();
        if (live) await syncFileSystem(session, "source");
        this.tellSockets(source);
        const copyStarted = performance.now();
        const plan = await this.wholePlan(
            { source, destination },
            { before: base.manifest, names: base.names },
        );
        await refuseWithoutRoom(session, plan.write, source, destination);
        const done = await runPlan({ session, source, live }, plan);
        const files = changedEntries(plan, source, destination);
        const ended = performance.now();
        this.watchedTiming = {
            look: (copyStarted - started) / 1_000,
            copy: (ended - copyStarted) / 1_000,
            entries: files,
            bytes: done.bytes,
        };
        return {
            number: ++this.passes,
            last: !live,
            mover: "rsync",
            files,
            ...done,
            seconds: (ended - started) / 1_000,
        };
    }

    private async expectWatched(base: ProvenBase): Promise<{ ms: number; basis: string }> {
        const started = performance.now();
        const input = await base.look();
        const examined = entriesToExamine(input);
        const pairs = suspects(input, examined);
        const { verdicts } = await comparePairs(this.session, input, pairs, "comparing content");
        const same = new Set(
            pairs.filter((_, index) => verdicts[index] === "same").map(([at]) => at),
        );
        const plan = planPass({ ...input, differs: (at) => !same.has(at) }, examined);
        const look = (performance.now() - started) / 1_000;
        const changed = {
            entries: changedEntries(plan, input.source, input.destination),
            bytes: plan.bytes,
        };
        return estimateWatched(changed, look, [
            ...this.timings,
            ...(this.watchedTiming ? [{ ...this.watchedTiming, scan: 0 }] : []),
        ]);
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
        const plan = copied
            ? undefined
            : await this.wholePlan(this.planInput(source, destination), {
                  before: this.before,
                  names: destination.count - 1,
              });
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

    /**
     * What a pass does, refused where it would delete too much.
     * @param all the source as the pass before saw it, and how many names the destination has
     */
    private async wholePlan(
        input: PlanInput,
        all: { before: Manifest | undefined; names: number },
    ): Promise<PassPlan> {
        const plan = await this.plan(input);
        const { source, destination } = input;
        if (this.maxDelete !== undefined && plan.gone > 0) {
            const gone = plan.deletes.filter((path) => source.find(path) === undefined);
            const moved = countMoved(gone, source, all.before);
            refuseManyDeletes(this.maxDelete, plan.gone - moved, all.names);
        }
        if (!all.before) return plan;
        const sides = { source, destination, before: all.before };
        return withRenames(plan, await findRenames(this.session, plan, sides));
    }

    private async plan(input: PlanInput): Promise<PassPlan> {
        const { source, destination } = input;
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
    const renamed = plan.renames?.length ?? 0;
    return plan.write.length + plan.links.length + touched.length + renamed;
}
