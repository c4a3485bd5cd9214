import type { SlotPlatform } from "../../platforms/platform.js";
import type { Measure, Mover, PassReport, Proof, VerifyLevel } from "../../volumes/mover.js";
import { CutoverError } from "../errors.js";
import type { Reporter } from "../progress.js";
import { runLivePasses } from "./live-passes.js";
import { copyReport, countEntries, describePass, type VolumeReport } from "./report.js";

/** One volume into another, with the name that people know it by. */
export interface CopyPair {
    part: { name: string };
    source: string;
    destination: string;
}

/** What copies need of the job that they are part of. */
export interface CopyTools {
    job: {
        passes: { max: number; settleBytes: number };
        /** @default "content" */
        verify?: VerifyLevel;
    };
    platform: Pick<SlotPlatform, "openMover" | "removeMovers" | "writers">;
    reporter: Reporter;
    signal: AbortSignal;
}

interface Copy extends CopyPair {
    mover: Mover;
    passes: PassReport[];
    /** Why what was left under the freeze was not small. */
    unsettled: string | undefined;
    proof?: Proof;
}

/** The copies of one job: each volume of one slot into the other slot's own. */
export class Copies {
    private open: Copy[] = [];

    constructor(private readonly tools: CopyTools) {}

    /**
     * Opens a mover for each pair; finds the ones that are open already.
     * @param options.paused the source's writers are paused for the last pass, not stopped
     */
    async begin(pairs: readonly CopyPair[], options: { paused?: boolean } = {}): Promise<void> {
        await this.tools.platform.removeMovers();
        this.open = [];
        for (const pair of pairs) {
            const { reporter, signal } = this.tools;
            const mover = await this.tools.platform.openMover(
                { ...pair, reporter, signal },
                options,
            );
            this.open.push({ ...pair, mover, passes: [], unsettled: undefined });
        }
    }

    /** Both sides of each pair, as they are now. */
    measure(): Promise<{ pair: CopyPair; source: Measure; destination: Measure }[]> {
        return Promise.all(
            this.open.map(async ({ mover, part, source, destination }) => ({
                pair: { part, source, destination },
                source: await mover.measure("source"),
                destination: await mover.measure("destination"),
            })),
        );
    }

    /** Live passes until what is left is small, or `passes.max`; what has settled is compared on the way. */
    async livePasses(): Promise<{ volumes: VolumeReport[]; expectedFreeze: number }> {
        const { job, reporter } = this.tools;
        for (const copy of this.open) {
            const { name } = copy.part;
            const { unsettled } = await runLivePasses(copy.mover, job.passes, {
                verify: this.level === "content",
                onPass: (pass) => {
                    copy.passes.push(pass);
                    reporter.info(`${name}: pass ${copy.passes.length}, ${describePass(pass)}`);
                },
            });
            copy.unsettled = unsettled;
            if (unsettled) reporter.warn(`${name}: ${unsettled}`);
        }
        return { volumes: await this.reports(), expectedFreeze: await this.expectedFreeze() };
    }

    private async expectedFreeze(): Promise<number> {
        const expected = await Promise.all(this.open.map(({ mover }) => mover.expectLastPass()));
        return Math.max(0, ...expected.map(({ ms }) => ms));
    }

    /**
     * The last pass and the proof, of all volumes side by side: nothing writes any more.
     * @param paused a slot that is not stopped but paused
     */
    async lastPassAndProof({
        paused,
    }: {
        paused?: string;
    } = {}): Promise<{ volumes: VolumeReport[] }> {
        await Promise.all(this.open.map((copy) => this.lastPassOf(copy)));
        for (const { source, destination } of this.open)
            await this.refuseWriters(source, destination, paused);
        return { volumes: await this.reports() };
    }

    private async lastPassOf(copy: Copy): Promise<void> {
        const { reporter } = this.tools;
        const pass = await copy.mover.lastPass();
        copy.passes.push(pass);
        await copy.mover.flush();
        // With "none" too: it is what the source is compared with at the end.
        const proof = await copy.mover.prove(this.level);
        if (this.level !== "none") copy.proof = proof;
        if (copy.proof?.equal === false) {
            throw new CutoverError(
                `the copy of volume ${copy.part.name} is not equal to its source`,
                {
                    lastLines: [
                        ...copy.proof.differences,
                        ...(await this.namedWriters(copy.source)),
                    ],
                },
            );
        }
        const after = await copy.mover.unchangedSinceProof();
        if (!after.unchanged) {
            throw new CutoverError(`something wrote to volume ${copy.source} while it was frozen`, {
                lastLines: [...after.changes, ...(await this.namedWriters(copy.source))],
                next: "stop that writer, or let this environment know it",
            });
        }
        const proven = copy.proof ? `, ${countEntries(copy.proof.entries)} proven equal` : "";
        reporter.info(`${copy.part.name}: last pass, ${describePass(pass)}${proven}`);
    }

    private get level(): VerifyLevel {
        return this.tools.job.verify ?? "content";
    }

    /** One that came in the middle has not written yet, as far as was seen: but it may. */
    private async refuseWriters(
        source: string,
        destination: string,
        paused?: string,
    ): Promise<void> {
        const { platform } = this.tools;
        const writers = [
            ...(await platform.writers(source, paused)),
            ...(await platform.writers(destination)),
        ];
        if (writers.length === 0) return;
        throw new CutoverError(
            `volume ${source} or its copy could be written by ${writers.join(", ")} while it was frozen`,
            {
                next: "stop these containers, or make them part of the environment",
            },
        );
    }

    private async namedWriters(volume: string): Promise<string[]> {
        const writers = await this.tools.platform.writers(volume);
        return writers.map((name) => `container ${name} may write to it`);
    }

    /** For the way back: whatever they do, they end now. */
    async abandon(): Promise<void> {
        this.open = [];
        await this.tools.platform.removeMovers();
    }

    async close(): Promise<void> {
        await Promise.all(this.open.map(({ mover }) => mover.close().catch(() => {})));
        this.open = [];
        await this.tools.platform.removeMovers();
    }

    reports(): Promise<VolumeReport[]> {
        return Promise.all(
            this.open.map(
                async ({ part, source, destination, mover, passes, unsettled, proof }) => ({
                    volume: part.name,
                    ...copyReport({
                        source,
                        destination,
                        passes,
                        unsettled,
                        declined: await mover.declined(),
                        verified: proof?.level ?? "none",
                        proof,
                    }),
                }),
            ),
        );
    }
}
